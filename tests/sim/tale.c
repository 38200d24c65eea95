#include "sim/tale.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void tale_say(struct tale *tale, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    const int64_t now_ns = loop_now_ns(tale->loop);
    const int len = snprintf(line, sizeof(line), "%6" PRId64 ".%03" PRId64 " ", now_ns / NS_PER_MS,
                             now_ns % NS_PER_MS / 1000);
    vsnprintf(line + len, sizeof(line) - (size_t)len, format, args);
    va_end(args);
    for (int i = 0; line[i] != '\0'; i++) /* FNV-1a */
        tale->trace_hash = (tale->trace_hash ^ (uint8_t)line[i]) * UINT64_C(0x100000001b3);
    if (tale->verbose)
        printf("%s\n", line);
}

void tale_fail(struct tale *tale, const char *format, ...)
{
    if (tale->failed)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(tale->failure, sizeof(tale->failure), format, args);
    va_end(args);
    tale->failed = true;
    tale_say(tale, "WRONG: %s", tale->failure);
}
