/* value: from the text of one option to its value, or to a sentence that says what it should be. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "conf/unit.h"
#include "err/err.h"

static const struct unit ms_units[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0},
};
static const struct unit size_units[] = {
    {"g", 1 << 30}, {"m", 1 << 20}, {"k", 1 << 10}, {"", 1}, {NULL, 0},
};
static const struct unit plain_units[] = {{"", 1}, {NULL, 0}};

const struct unit *units_of(enum conf_type type)
{
    return type == CONF_MS ? ms_units : type == CONF_SIZE ? size_units : plain_units;
}

void unit_format(enum conf_type type, int64_t value, char ret_text[UNIT_TEXT_MAX])
{
    const struct unit *unit = units_of(type);
    while (value % unit->size != 0 || (value == 0 && unit[1].name))
        unit++;
    snprintf(ret_text, UNIT_TEXT_MAX, "%" PRId64 "%s", value / unit->size, unit->name);
}

/* Digits and a unit. False for anything else. */
static bool parse_whole(enum conf_type type, const char *text, int64_t *ret_value)
{
    const char *digits = text;
    char *end;
    bool negative = *digits == '-';
    digits += negative;
    if (*digits < '0' || *digits > '9')
        return false;
    errno = 0;
    intmax_t value = strtoimax(text, &end, 10);
    if (errno)
        return false;
    if (type == CONF_MS && value == 0 && !*end) {
        *ret_value = 0;
        return true;
    }
    for (const struct unit *unit = units_of(type); unit->name; unit++) {
        if (strcmp(end, unit->name) == 0)
            return !__builtin_mul_overflow(value, unit->size, ret_value);
    }
    return false;
}

/* HOST:PORT, where a host with colons stands in brackets (RFC 3986, 3.2.2), or unix:PATH. */
static bool is_address(const char *text)
{
    const char *colon = strrchr(text, ':');
    uint64_t port;
    if (view_starts(view_str(text), VIEW_LIT("unix:")))
        return text[5] != '\0';
    if (!colon || colon == text || !view_to_u64(view_str(colon + 1), 65535, &port))
        return false;
    if (*text == '[')
        return colon[-1] == ']' && colon - text > 2;
    return memchr(text, ':', (size_t)(colon - text)) == NULL;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t len = strlen(text);
    for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
        if (len && strncmp(at, text, len) == 0 && (at[len] == '|' || at[len] == '\0'))
            return true;
    }
    return false;
}

static bool parse_bool(const char *text, bool *ret)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret = i & 1;
            return true;
        }
    }
    return false;
}

/* Decimal only: strtod alone would take hexadecimal, "inf" and "nan". */
static bool parse_real(const char *text, double *ret)
{
    char *end;
    if (!*text || strspn(text, "+-.0123456789eE") != strlen(text))
        return false;
    *ret = strtod(text, &end);
    return !*end && isfinite(*ret);
}

const char *conf_type_word(const struct conf_option *option)
{
    static const char *const words[] = {
        [CONF_STR] = "TEXT", [CONF_PATH] = "PATH", [CONF_ADDRESS] = "HOST:PORT",
        [CONF_CHOICE] = "",  [CONF_BOOL] = "",     [CONF_INT] = "N",
        [CONF_MS] = "TIME",  [CONF_SIZE] = "SIZE", [CONF_REAL] = "X"};
    return option->type == CONF_CHOICE ? option->choices : words[option->type];
}

/* "a time such as 500ms, 2s, 5m or 1h, from 1s to 1h" */
static void describe(const struct conf_option *option, char *out, size_t size)
{
    static const char *const kinds[] = {
        [CONF_STR] = "a text",
        [CONF_PATH] = "a path",
        [CONF_ADDRESS] = "HOST:PORT, as in 127.0.0.1:8080 or [::1]:0",
        [CONF_CHOICE] = "one of ",
        [CONF_BOOL] = "yes or no",
        [CONF_INT] = "a whole number",
        [CONF_MS] = "a time such as 500ms, 2s, 5m or 1h",
        [CONF_SIZE] = "a size such as 512, 64k, 8m or 1g",
        [CONF_REAL] = "a number",
    };
    char min[UNIT_TEXT_MAX], max[UNIT_TEXT_MAX];
    bool ranged = option->min != 0 || option->max != 0;
    unit_format(option->type, option->min, min);
    unit_format(option->type, option->max, max);
    bool text = option->type == CONF_STR || option->type == CONF_PATH;
    if (text && ranged && option->min == option->max) {
        snprintf(out, size, "%s of %s bytes", kinds[option->type], min);
        return;
    }
    snprintf(out, size, "%s%s%s%s%s%s%s", kinds[option->type],
             option->type == CONF_CHOICE ? option->choices : "",
             ranged ? (text ? " of " : ", from ") : "", ranged ? min : "", ranged ? " to " : "",
             ranged ? max : "", ranged && text ? " bytes" : "");
}

static bool in_range(const struct conf_option *option, int64_t value)
{
    return (option->min == 0 && option->max == 0) || (value >= option->min && value <= option->max);
}

static bool set_text(const struct conf_option *option, const char *text, const char **field)
{
    if (option->type == CONF_ADDRESS && !is_address(text))
        return false;
    if (option->type == CONF_CHOICE && !is_choice(option->choices, text))
        return false;
    if (!in_range(option, (int64_t)strlen(text)) || (option->type == CONF_PATH && !*text))
        return false;
    *field = text;
    return true;
}

static bool set_number(const struct conf_option *option, const char *text, int64_t *field)
{
    int64_t value;
    if (!parse_whole(option->type, text, &value) || !in_range(option, value))
        return false;
    *field = value;
    return true;
}

static bool set_real(const struct conf_option *option, const char *text, double *field)
{
    double value;
    if (!parse_real(text, &value))
        return false;
    if ((option->min != 0 || option->max != 0) &&
        (value < (double)option->min || value > (double)option->max))
        return false;
    *field = value;
    return true;
}

int conf_set(const struct conf_option *option, const char *text, void *values, char *error,
             size_t error_size)
{
    void *field = (char *)values + option->offset;
    bool fine = false;
    switch (option->type) {
    case CONF_STR:
    case CONF_PATH:
    case CONF_ADDRESS:
    case CONF_CHOICE:
        fine = set_text(option, text, field);
        break;
    case CONF_BOOL:
        fine = parse_bool(text, field);
        break;
    case CONF_INT:
    case CONF_MS:
    case CONF_SIZE:
        fine = set_number(option, text, field);
        break;
    case CONF_REAL:
        fine = set_real(option, text, field);
        break;
    }
    if (fine)
        return 0;
    char wanted[256];
    describe(option, wanted, sizeof(wanted));
    snprintf(error, error_size, "\"%.80s\" is not %s", text, wanted);
    return ERR_INVALID;
}
