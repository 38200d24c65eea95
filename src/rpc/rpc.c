#include "rpc/rpc.h"

const char *rpc_code_name(enum rpc_code code)
{
    switch (code) {
#define X(name, value, text, http)                                                                 \
    case name:                                                                                     \
        return text;
        RPC_CODE_LIST(X)
#undef X
    }
    return "unknown";
}

int rpc_code_http(enum rpc_code code)
{
    switch (code) {
#define X(name, value, text, http)                                                                 \
    case name:                                                                                     \
        return http;
        RPC_CODE_LIST(X)
#undef X
    }
    return 500;
}
