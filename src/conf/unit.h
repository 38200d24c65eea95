/*
 * unit: what may stand behind a number, and how a type is called in help; for conf's own files.
 */
#ifndef USHER_CONF_UNIT_H
#define USHER_CONF_UNIT_H

#include "conf/conf.h"

#define UNIT_TEXT_MAX 32

struct unit {
    const char *name; /* NULL ends a list; lists go from large to small */
    int64_t size;     /* how many of the smallest */
};

/* Units of a number's type. Never NULL. */
const struct unit *units_of(enum conf_type type);

/* The value in the largest unit that leaves no rest, "7m" for 420000 ms. */
void unit_format(enum conf_type type, int64_t value, char ret_text[UNIT_TEXT_MAX]);

/* What stands for the value in help: "TIME", "HOST:PORT", the choices; empty for a bool. */
const char *conf_type_word(const struct conf_option *option);

#endif
