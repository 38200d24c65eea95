#include "cmd/object.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "err/err.h"

int object_print(const char *command, json_t *object)
{
    const bool written = object && json_dumpf(object, stdout, JSON_COMPACT) == 0;
    if (written)
        putchar('\n');
    json_decref(object);
    return written ? CMD_OK : cmd_fail(command, CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
}
