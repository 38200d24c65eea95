/* The contact that comes with an order, or a wish: looked at, and kept apart from it. */
#include "svc/ticket/contact.h"
#include "mem/utf8.h"
#include "paper/address.h"
#include "store/contacts.h"

/* One line of UTF-8, without control characters. */
static bool is_line(const char *text, size_t max)
{
    const struct view line = view_str(text);
    return line.len <= max && utf8_line(line) && (line.len == 0 || utf8_visible(line));
}

static int check_language(struct call *call, const char *language, const char *field)
{
    if (language[0] && strcmp(language, "ko") != 0 && strcmp(language, "en") != 0)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", field, "ko or en");
    return 0;
}

static int check(struct call *call, const Usher__V1__Contact *contact)
{
    if (!address_valid(view_str(contact->email)))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "contact.email",
                         "an address like kim@example.org is wanted: ASCII, one @");
    if (!is_line(contact->name, CONTACT_NAME_MAX))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "contact.name",
                         "a name is one line of at most %d bytes", CONTACT_NAME_MAX);
    const size_t phone = strlen(contact->phone);
    if (phone > CONTACT_PHONE_MAX || strspn(contact->phone, "0123456789 +-()") != phone)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "contact.phone",
                         "a telephone number has at most %d digits, blanks, + - ( and )",
                         CONTACT_PHONE_MAX);
    return check_language(call, contact->language, "contact.language");
}

int desk_keep_wish_contact(struct call *call, const struct catalog_performance *performance,
                           struct id account_id, const char *email, const char *language)
{
    struct ticket *ticket = call_state(call);
    struct sql *sql = ticket->options.store->sql;
    if (!address_valid(view_str(email)))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "email",
                         "an address like kim@example.org is wanted: ASCII, one @");
    int err = check_language(call, language, "language");
    if (err != 0)
        return err;
    const struct contact row = {.account_id = account_id,
                                .email = view_str(email),
                                .language = language[0] ? view_str(language) : VIEW_LIT("en")};
    err = sql ? contact_put_wish(sql, performance->performance_id, &row,
                                 catalog_date(performance)->starts_at_ms, call_deadline_ns(call))
              : ERR_UNAVAILABLE;
    if (err == ERR_FULL)
        return desk_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", "email",
                         "this address waits for %d things already; sign in to wait for more",
                         CONTACT_WISHES_MAX);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

void desk_forget_wish_contact(struct call *call, uint32_t performance_id, struct id account_id)
{
    struct ticket *ticket = call_state(call);
    struct sql *sql = ticket->options.store->sql;
    if (sql) /* else, or where it fails, until the performance begins */
        (void)contact_forget_wish(sql, performance_id, account_id, call_deadline_ns(call));
}

int desk_keep_contact(struct call *call, const Usher__V1__Contact *contact, struct id account_id,
                      struct id order_id)
{
    struct ticket *ticket = call_state(call);
    struct sql *sql = ticket->options.store->sql;
    int err = check(call, contact);
    if (err != 0)
        return err;
    const struct contact row = {
        .order_id = order_id,
        .account_id = account_id,
        .name = view_str(contact->name),
        .email = view_str(contact->email),
        .phone = view_str(contact->phone),
        .language = contact->language[0] ? view_str(contact->language) : VIEW_LIT("en"),
        .created_at_ms = clock_wall_ms(loop_clock(sched_loop(sched_current()))),
    };
    err = sql ? contact_put(sql, &row, call_deadline_ns(call)) : ERR_UNAVAILABLE;
    return err == 0 ? 0 : desk_store_failed(call, err);
}
