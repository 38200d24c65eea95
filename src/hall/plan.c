#include "hall/plan.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "err/err.h"
#include "mem/utf8.h"

int plan_refuse(struct plan_reader *reader, const char *place, const char *format, ...)
{
    char what[320];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    snprintf(reader->error->text, sizeof(reader->error->text), "%s: %s", place, what);
    return ERR_INVALID;
}

void plan_note(struct hall_notes *notes, enum hall_note_kind kind, struct view subject,
               uint32_t count, const char *format, ...)
{
    va_list args;
    if (notes->count == HALL_NOTES_MAX) {
        notes->left_out++;
        return;
    }
    struct hall_note *note = &notes->list[notes->count++];
    note->kind = kind;
    note->count = count;
    snprintf(note->subject, sizeof(note->subject), "%.*s", VIEW_ARG(subject));
    va_start(args, format);
    vsnprintf(note->text, sizeof(note->text), format, args);
    va_end(args);
}

int plan_list(struct plan_reader *reader, const json_t *object, const char *name, const char *place,
              const json_t **ret_list)
{
    const json_t *list = json_object_get(object, name);
    if (!list)
        return plan_refuse(reader, place, "\"%s\" is missing", name);
    if (!json_is_array(list))
        return plan_refuse(reader, place, "\"%s\" is not a list", name);
    *ret_list = list;
    return 0;
}

static struct view trim(struct view text)
{
    while (text.len > 0 && text.at[0] == ' ')
        text = view_of(text.at + 1, text.len - 1);
    while (text.len > 0 && text.at[text.len - 1] == ' ')
        text.len--;
    return text;
}

int plan_text(struct plan_reader *reader, const json_t *object, const char *name, const char *place,
              struct view *ret_text)
{
    const json_t *value = json_object_get(object, name);
    if (!value || json_is_null(value)) {
        *ret_text = (struct view){0};
        return 0;
    }
    if (json_is_integer(value)) {
        const char *number =
            arena_printf(reader->arena, "%lld", (long long)json_integer_value(value));
        if (!number)
            return ERR_NO_MEMORY;
        *ret_text = view_str(number);
        return 0;
    }
    if (!json_is_string(value))
        return plan_refuse(reader, place, "\"%s\" is not a text", name);
    const struct view text = trim(view_of(json_string_value(value), json_string_length(value)));
    if (text.len > HALL_NAME_MAX)
        return plan_refuse(reader, place, "\"%s\" is longer than %d bytes", name, HALL_NAME_MAX);
    if (!utf8_line(text))
        return plan_refuse(reader, place, "\"%s\" has a control character", name);
    if (text.len > 0 && !utf8_visible(text))
        return plan_refuse(reader, place, "\"%s\" has nothing that can be seen", name);
    *ret_text = text;
    return 0;
}

static int read_number(struct plan_reader *reader, const json_t *object, const char *name,
                       const char *place, double *ret_number)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_number(value))
        return plan_refuse(reader, place, "\"%s\" is %s", name, value ? "not a number" : "missing");
    const double number = json_number_value(value);
    if (!(fabs(number) <= PLAN_POSITION_MAX))
        return plan_refuse(reader, place, "\"%s\" is farther out than %.0f units", name,
                           PLAN_POSITION_MAX);
    *ret_number = number;
    return 0;
}

int plan_position(struct plan_reader *reader, const json_t *object, const char *place,
                  struct plan_point *at)
{
    const json_t *position = json_object_get(object, "position");
    char inner[160];
    double x = 0, y = 0;
    if (!position || json_is_null(position))
        return 0;
    snprintf(inner, sizeof(inner), "%s.position", place);
    if (!json_is_object(position))
        return plan_refuse(reader, inner, "not an object with \"x\" and \"y\"");
    int err = read_number(reader, position, "x", inner, &x);
    if (err == 0)
        err = read_number(reader, position, "y", inner, &y);
    if (err != 0)
        return err;
    at->x += x;
    at->y += y;
    return 0;
}
