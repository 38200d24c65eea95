#include "codec/tree.h"

#include <stdio.h>

bool tree_is_shallow(struct view text)
{
    unsigned depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];
        if (c == '"')
            quoted = !quoted;
        else if (quoted)
            i += c == '\\';
        else if ((c == '{' || c == '[') && ++depth > TREE_DEPTH_MAX)
            return false;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return true;
}

json_t *tree_read(struct view text, size_t flags, json_error_t *ret_error)
{
    if (tree_is_shallow(text))
        return json_loadb(text.len ? text.at : "", text.len, flags, ret_error);
    if (ret_error) {
        *ret_error = (json_error_t){.line = 1, .column = 1};
        snprintf(ret_error->text, sizeof(ret_error->text), "nested deeper than %d levels",
                 TREE_DEPTH_MAX);
        /* Where json_error_code looks. */
        ret_error->text[JSON_ERROR_TEXT_LENGTH - 1] = json_error_stack_overflow;
    }
    return NULL;
}
