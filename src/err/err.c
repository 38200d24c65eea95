#include "err/err.h"

const char *err_text(int code)
{
    switch (code) {
    case ERR_OK:
        return "no error";
#define X(name, value, text)                                                                       \
    case name:                                                                                     \
        return text;
        ERR_LIST(X)
#undef X
    default:
        return "an unknown error";
    }
}

const char *err_name(int code)
{
    switch (code) {
    case ERR_OK:
        return "ERR_OK";
#define X(name, value, text)                                                                       \
    case name:                                                                                     \
        return #name;
        ERR_LIST(X)
#undef X
    default:
        return "ERR_?";
    }
}
