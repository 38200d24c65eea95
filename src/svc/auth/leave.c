/* AuthService.ExportAccount and DeleteAccount: whose the data are. */
#include <inttypes.h>
#include <sodium.h>

#include "codec/json.h"
#include "err/err.h"
#include "store/consents.h"
#include "store/kept.h"
#include "store/order_notes.h"
#include "store/reminders.h"
#include "svc/auth/handlers.h"
#include "token/roles.h"
#include "token/seal.h"

#define EXPORT_MAX       (2u << 20) /* bytes */
#define EXPORT_ACTS_MAX  1000
#define EXPORT_NOTES_MAX 250 /* at most 1 MiB of them */

/* ,"name":"…" with what has to be escaped escaped. */
static int add_text(struct buf *out, const char *name, struct view text)
{
    int err = buf_printf(out, ",\"%s\":", name);
    return err ? err : json_write_string(text, out);
}

/* The account itself, without the last bracket. */
static int write_account(struct buf *out, const struct account *account)
{
    char id[ID_TEXT_CHARS + 1];
    id_format(account->account_id, id);
    int err = buf_printf(
        out, "{\"accountId\":\"%s\",\"createdAtMs\":%" PRId64 ",\"termsAcceptedAtMs\":%" PRId64, id,
        account->created_at_ms, account->terms_at_ms);
    if (!err)
        err = add_text(out, "email", account->email);
    if (!err)
        err = add_text(out, "name", account->name);
    return err ? err : add_text(out, "language", account->language);
}

static int write_consents(struct call *call, struct buf *out, struct id account_id)
{
    struct consent *consents;
    size_t count;
    int err = consent_list(auth_of(call)->sql, account_id, call_arena(call), &consents, &count,
                           call_deadline_ns(call));
    if (!err)
        err = buf_printf(out, ",\"consents\":[");
    for (size_t i = 0; !err && i < count; i++) {
        err = buf_printf(out, "%s{\"atMs\":%" PRId64, i ? "," : "", consents[i].at_ms);
        if (!err)
            err = add_text(out, "what", consents[i].what);
        if (!err)
            err = add_text(out, "version", consents[i].version);
        if (!err)
            err = add_text(out, "address", consents[i].address);
        if (!err)
            err = buf_append_byte(out, '}');
    }
    return err ? err : buf_append_byte(out, ']');
}

static int write_contact(struct buf *out, const struct contact *contact)
{
    char order[ID_TEXT_CHARS + 1];
    id_format(contact->order_id, order);
    int err = buf_printf(out, "{\"orderId\":\"%s\",\"createdAtMs\":%" PRId64, order,
                         contact->created_at_ms);
    if (!err)
        err = add_text(out, "name", contact->name);
    if (!err)
        err = add_text(out, "email", contact->email);
    if (!err)
        err = add_text(out, "phone", contact->phone);
    return err ? err : buf_append_byte(out, '}');
}

static int write_contacts(struct call *call, struct buf *out, struct id account_id)
{
    struct contact *contacts;
    size_t count;
    int err = contacts_of(auth_of(call)->sql, account_id, KEPT_ROWS_MAX, call_arena(call),
                          &contacts, &count, call_deadline_ns(call));
    if (!err)
        err = buf_printf(out, ",\"contacts\":[");
    for (size_t i = 0; !err && i < count; i++) {
        err = i ? buf_append_byte(out, ',') : 0;
        if (!err)
            err = write_contact(out, &contacts[i]);
    }
    return err ? err : buf_append_byte(out, ']');
}

/* What organisers noted on the account's orders, the newest EXPORT_NOTES_MAX. */
static int write_notes(struct call *call, struct buf *out, struct id account_id)
{
    struct order_note *notes;
    size_t count;
    int err = order_notes_of(auth_of(call)->sql, account_id, EXPORT_NOTES_MAX, call_arena(call),
                             &notes, &count, call_deadline_ns(call));
    if (!err)
        err = buf_printf(out, ",\"notes\":[");
    for (size_t i = 0; !err && i < count; i++) {
        char order[ID_TEXT_CHARS + 1];
        id_format(notes[i].order_id, order);
        err = buf_printf(out, "%s{\"orderId\":\"%s\",\"createdAtMs\":%" PRId64, i ? "," : "", order,
                         notes[i].created_at_ms);
        if (!err)
            err = add_text(out, "note", notes[i].text);
        if (!err)
            err = buf_append_byte(out, '}');
    }
    return err ? err : buf_append_byte(out, ']');
}

static int write_memberships(struct buf *out, const struct account *account)
{
    int err = buf_printf(out, ",\"memberships\":[");
    for (size_t i = 0; i < account->membership_count && !err; i++) {
        const struct membership *membership = &account->memberships[i];
        err = buf_printf(out, "%s{\"organiserId\":%u,\"roles\":%u", i ? "," : "",
                         membership->organiser_id, membership->roles);
        if (!err)
            err = add_text(out, "organiser", membership->organiser_name);
        if (!err)
            err = buf_append_byte(out, '}');
    }
    return err ? err : buf_append_byte(out, ']');
}

static int write_sessions(struct call *call, struct buf *out, struct id account_id)
{
    struct auth *auth = auth_of(call);
    struct session *sessions;
    size_t count;
    int err = session_list(auth->sql, account_id, clock_wall_ms(auth->clock), call_arena(call),
                           &sessions, &count, call_deadline_ns(call));
    if (!err)
        err = buf_printf(out, ",\"sessions\":[");
    for (size_t i = 0; !err && i < count; i++) {
        err = buf_printf(out, "%s{\"createdAtMs\":%" PRId64 ",\"usedAtMs\":%" PRId64, i ? "," : "",
                         sessions[i].created_at_ms, sessions[i].used_at_ms);
        if (!err)
            err = add_text(out, "device", sessions[i].device);
        if (!err)
            err = add_text(out, "address", sessions[i].address);
        if (!err)
            err = buf_append_byte(out, '}');
    }
    return err ? err : buf_append_byte(out, ']');
}

static int write_act(struct buf *out, const struct act *act, bool first)
{
    int err = buf_printf(out, "%s{\"atMs\":%" PRId64, first ? "" : ",", act->at_ms);
    if (!err)
        err = add_text(out, "what", act->what);
    if (!err)
        err = add_text(out, "address", act->address);
    if (!err)
        err = add_text(out, "about", act->about);
    return err ? err : buf_append_byte(out, '}');
}

/* The newest EXPORT_ACTS_MAX. */
static int write_acts(struct call *call, struct buf *out, struct id account_id)
{
    struct auth *auth = auth_of(call);
    struct act *acts;
    size_t count = ACT_PAGE_MAX, written = 0;
    uint64_t before = 0;
    int err = buf_printf(out, ",\"acts\":[");
    while (!err && count == ACT_PAGE_MAX && written < EXPORT_ACTS_MAX) {
        err = act_list(auth->sql, before, account_id, ACT_PAGE_MAX, call_arena(call), &acts, &count,
                       call_deadline_ns(call));
        for (size_t i = 0; !err && i < count; i++, written++) {
            err = write_act(out, &acts[i], written == 0);
            before = acts[i].act_id;
        }
    }
    return err ? err : buf_append_byte(out, ']');
}

static int write_mails(struct call *call, struct buf *out, struct view email)
{
    struct mail *mails;
    size_t count;
    int err = mail_list(auth_of(call)->sql, 0, email, MAIL_PAGE_MAX, call_arena(call), &mails,
                        &count, call_deadline_ns(call));
    if (!err)
        err = buf_printf(out, ",\"mails\":[");
    for (size_t i = 0; !err && i < count; i++) {
        err = buf_printf(out, "%s{\"createdAtMs\":%" PRId64, i ? "," : "", mails[i].created_at_ms);
        if (!err)
            err = add_text(out, "template", mails[i].template);
        if (!err)
            err = buf_append_byte(out, '}');
    }
    return err ? err : buf_append_byte(out, ']');
}

static int write_externals(struct call *call, struct buf *out, struct id account_id)
{
    struct external *externals;
    size_t count;
    int err = external_list(auth_of(call)->sql, account_id, call_arena(call), &externals, &count,
                            call_deadline_ns(call));
    if (!err)
        err = buf_printf(out, ",\"providers\":[");
    for (size_t i = 0; !err && i < count; i++) {
        err =
            buf_printf(out, "%s{\"linkedAtMs\":%" PRId64, i ? "," : "", externals[i].linked_at_ms);
        if (!err)
            err = add_text(out, "provider", externals[i].provider);
        if (!err)
            err = add_text(out, "subject", externals[i].subject);
        if (!err)
            err = add_text(out, "email", externals[i].email);
        if (!err)
            err = buf_append_byte(out, '}');
    }
    return err ? err : buf_append_byte(out, ']');
}

static int write_reminders(struct call *call, struct buf *out, struct id account_id)
{
    struct reminder *reminders;
    size_t count;
    int err = reminder_list(auth_of(call)->sql, account_id, call_arena(call), &reminders, &count,
                            call_deadline_ns(call));
    if (!err)
        err = buf_printf(out, ",\"reminders\":[");
    for (size_t i = 0; !err && i < count; i++) {
        err = buf_printf(out, "%s{\"eventId\":%u,\"createdAtMs\":%" PRId64, i ? "," : "",
                         reminders[i].event_id, reminders[i].created_at_ms);
        if (!err)
            err = add_text(out, "email", reminders[i].email);
        if (!err)
            err = buf_append_byte(out, '}');
    }
    return err ? err : buf_append_byte(out, ']');
}

static int write_all(struct call *call, struct buf *out, const struct account *account)
{
    int err = write_account(out, account);
    if (!err)
        err = write_memberships(out, account);
    if (!err)
        err = write_sessions(call, out, account->account_id);
    if (!err)
        err = write_consents(call, out, account->account_id);
    if (!err)
        err = write_contacts(call, out, account->account_id);
    if (!err)
        err = write_notes(call, out, account->account_id);
    if (!err)
        err = write_externals(call, out, account->account_id);
    if (!err)
        err = write_reminders(call, out, account->account_id);
    if (!err)
        err = write_acts(call, out, account->account_id);
    if (!err)
        err = write_mails(call, out, account->email);
    return err ? err : buf_append_byte(out, '}');
}

int auth_export_account(struct call *call, const void *request, void *response)
{
    Usher__V1__ExportAccountResponse *answer = response;
    struct account account;
    struct buf out;
    if (auth_read_account(call, &account))
        return 1;
    buf_init(&out, EXPORT_MAX);
    int err = write_all(call, &out, &account);
    char *text = err ? NULL : arena_copy(call_arena(call), buf_view(&out));
    answer->json.data = (uint8_t *)text;
    answer->json.len = text ? out.len : 0;
    buf_release(&out);
    if (err == ERR_FULL || (!err && !text))
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    return err ? auth_fail_by_err(call, err) : 0;
}

/* ---- leaving ---- */

#define TRIES 3

/* A piece under the key that is for this alone. */
static int seal(struct call *call, struct view text, struct view *ret_sealed)
{
    struct auth *auth = auth_of(call);
    uint8_t *sealed = arena_alloc(call_arena(call), text.len + SEAL_MORE);
    if (!sealed)
        return ERR_NO_MEMORY;
    seal_write(auth->kept_key, auth->chance, text, sealed);
    *ret_sealed = view_of(sealed, text.len + SEAL_MORE);
    return 0;
}

static int seal_account(struct call *call, const struct account *account, struct kept *kept)
{
    struct buf out;
    buf_init(&out, KEPT_BYTES_MAX - SEAL_MORE);
    int err = write_account(&out, account);
    if (!err)
        err = write_consents(call, &out, account->account_id);
    if (!err)
        err = buf_append_byte(&out, '}');
    if (!err)
        err = seal(call, buf_view(&out), &kept->sealed);
    kept->kind = VIEW_LIT("account");
    buf_release(&out);
    return err;
}

static int seal_contact(struct call *call, const struct contact *contact, struct kept *kept)
{
    struct buf out;
    buf_init(&out, KEPT_BYTES_MAX - SEAL_MORE);
    int err = write_contact(&out, contact);
    if (!err)
        err = seal(call, buf_view(&out), &kept->sealed);
    kept->kind = VIEW_LIT("order");
    buf_release(&out);
    return err;
}

/* One try: an order that comes meanwhile makes it ERR_CONFLICT. */
static int leave(struct call *call, const struct account *account)
{
    struct auth *auth = auth_of(call);
    const struct act act = auth_act(call, "account.delete", "");
    struct contact *contacts;
    size_t count;
    int err = contacts_of(auth->sql, account->account_id, KEPT_ROWS_MAX - 1, call_arena(call),
                          &contacts, &count, call_deadline_ns(call));
    if (err)
        return err;
    struct kept *kept = arena_alloc(call_arena(call), (count + 1) * sizeof(*kept));
    err = kept ? seal_account(call, account, &kept[0]) : ERR_NO_MEMORY;
    for (size_t i = 0; !err && i < count; i++)
        err = seal_contact(call, &contacts[i], &kept[1 + i]);
    const struct account_leaving leaving = {.account_id = account->account_id,
                                            .kept = kept,
                                            .kept_count = count + 1,
                                            .owner_role = ROLE_OWNER,
                                            .act = &act};
    return err ? err : account_delete(auth->sql, &leaving, call_deadline_ns(call));
}

int auth_delete_account(struct call *call, const void *request, void *response)
{
    const Usher__V1__DeleteAccountRequest *wish = request;
    struct account account;
    int err = ERR_CONFLICT;
    if (auth_confirm_owner(call, wish->password, &account))
        return 1;
    for (int i = 0; i < TRIES && err == ERR_CONFLICT; i++)
        err = leave(call, &account);
    if (err == ERR_BUSY)
        return auth_fail(call, CODE_FAILED_PRECONDITION, "LAST_OWNER", NULL,
                         "this account is the last owner of an organiser: make somebody else one");
    return err ? auth_fail_by_err(call, err) : 0;
}
