/* AddOrderNote, ListOrderNotes, EditContact: what the box office keeps of, and puts right for, who
 * telephones. Personal data: acts tell that it was done, never the words. */
#include "mem/utf8.h"
#include "observe/metrics.h"
#include "store/order_notes.h"
#include "svc/door/lobby.h"

METRIC_COUNTER(notes_written, "usher_order_notes_total", "Notes that teams wrote on orders.", "");

static int no_contact(struct call *call)
{
    return lobby_fail(call, CODE_FAILED_PRECONDITION, "NO_CONTACT", "order_id",
                      "nobody said whom this order goes to, or who did has left");
}

/* ---- notes ---- */

static int fill_note(struct arena *arena, const struct order_note *note,
                     Usher__V1__OrderNote *ret_note)
{
    char id[ID_TEXT_CHARS + 1] = "";
    usher__v1__order_note__init(ret_note);
    if (!id_is_zero(note->author_id))
        id_format(note->author_id, id);
    ret_note->number = note->number;
    ret_note->created_at_ms = note->created_at_ms;
    ret_note->text = arena_copy(arena, note->text);
    ret_note->author_id = arena_copy(arena, view_str(id));
    ret_note->author_email = arena_copy(arena, note->author_email);
    return ret_note->text && ret_note->author_id && ret_note->author_email ? 0 : ERR_NO_MEMORY;
}

int lobby_add_notes(struct call *call, struct id order_id, Usher__V1__OrderNote ***ret_notes,
                    size_t *ret_count)
{
    const struct door *door = call_state(call);
    struct arena *arena = call_arena(call);
    struct order_note *notes;
    size_t count;
    int err =
        order_notes(door->options.sql, order_id, arena, &notes, &count, call_deadline_ns(call));
    if (err != 0)
        return err;
    Usher__V1__OrderNote *rows = arena_alloc(arena, (count + 1) * sizeof(*rows));
    Usher__V1__OrderNote **list = arena_alloc(arena, (count + 1) * sizeof(*list));
    if (!rows || !list)
        return ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = fill_note(arena, &notes[i], &rows[i]);
        list[i] = &rows[i];
    }
    *ret_notes = list;
    *ret_count = count;
    return err;
}

static int answer_notes(struct call *call, struct id order_id, Usher__V1__OrderNotes *answer)
{
    int err = lobby_add_notes(call, order_id, &answer->notes, &answer->n_notes);
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

CALL_HANDLER(door_list_order_notes)
{
    const Usher__V1__ListOrderNotesRequest *wish = request;
    struct id order_id;
    return lobby_own_order(call, wish->order_id, &order_id) ? answer_notes(call, order_id, response)
                                                            : ERR_INVALID;
}

/* 0, or what a handler returns. */
static int check_note(struct call *call, const Usher__V1__AddOrderNoteRequest *wish)
{
    const size_t nonce = strlen(wish->nonce);
    if (!order_note_is(view_str(wish->text)))
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "text",
                          "a note has 1 to %d characters", ORDER_NOTE_CHARS_MAX);
    if (nonce == 0 || nonce > ORDER_NOTE_NONCE_MAX)
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "nonce",
                          "1 to %d bytes, the same when it is asked again", ORDER_NOTE_NONCE_MAX);
    return 0;
}

/* ret_account_id: whose the order is; NULL after call_fail. */
static const Usher__V1__Order *find(struct call *call, const char *text, struct id *ret_order_id,
                                    struct id *ret_account_id)
{
    const Usher__V1__Order *order = lobby_own_order(call, text, ret_order_id);
    if (order && id_parse(view_str(order->account_id), ret_account_id)) {
        lobby_store_failed(call, ERR_CORRUPT);
        return NULL;
    }
    return order;
}

CALL_HANDLER(door_add_order_note)
{
    const Usher__V1__AddOrderNoteRequest *wish = request;
    const struct door *door = call_state(call);
    struct order_note_wish add = {
        .nonce = view_str(wish->nonce),
        .note = {.author_id = call_identity(call)->account_id,
                 .created_at_ms = lobby_now_ms(),
                 .text = view_str(wish->text)},
    };
    int err = check_note(call, wish);
    if (err != 0)
        return err;
    const Usher__V1__Order *order = find(call, wish->order_id, &add.note.order_id, &add.account_id);
    if (!order)
        return ERR_INVALID;
    const char *about = arena_printf(call_arena(call), "order %s", order->order_id);
    const struct act act = lobby_act(call, "order.note", about ? about : "");
    add.act = &act;
    err = about ? order_note_add(door->options.sql, &add, call_deadline_ns(call)) : ERR_NO_MEMORY;
    if (err == ERR_NOT_FOUND)
        return no_contact(call);
    if (err == ERR_FULL)
        return lobby_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                          "an order has at most %d notes", ORDER_NOTES_MAX);
    metric_add(&notes_written, err == 0);
    return err == 0 ? answer_notes(call, add.note.order_id, response)
                    : lobby_store_failed(call, err);
}

/* ---- whom the tickets go to ---- */

/* What of it is said, and may be so. 0, or what a handler returns. */
static int read_edit(struct call *call, const Usher__V1__EditContactRequest *wish,
                     struct view *name, struct view *phone, struct contact_edit *edit)
{
    if (wish->name_choice_case != USHER__V1__EDIT_CONTACT_REQUEST__NAME_CHOICE__NOT_SET) {
        *name = view_str(wish->name);
        edit->name = name;
        if (name->len > CONTACT_NAME_MAX || !utf8_line(*name) || !utf8_visible(*name))
            return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "name",
                              "a name is one line of 1 to %d bytes", CONTACT_NAME_MAX);
    }
    if (wish->phone_choice_case != USHER__V1__EDIT_CONTACT_REQUEST__PHONE_CHOICE__NOT_SET) {
        *phone = view_str(wish->phone);
        edit->phone = phone;
        if (phone->len > CONTACT_PHONE_MAX || strspn(wish->phone, "0123456789 +-()") != phone->len)
            return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "phone",
                              "a telephone number has at most %d digits, blanks, + - ( and )",
                              CONTACT_PHONE_MAX);
    }
    if (!edit->name && !edit->phone)
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "name",
                          "a name, a telephone number, or both");
    return 0;
}

CALL_HANDLER(door_edit_contact)
{
    const Usher__V1__EditContactRequest *wish = request;
    Usher__V1__Contact *answer = response;
    const struct door *door = call_state(call);
    struct view name, phone;
    struct contact_edit edit = {0};
    struct contact contact;
    int err = read_edit(call, wish, &name, &phone, &edit);
    if (err != 0)
        return err;
    const Usher__V1__Order *order = find(call, wish->order_id, &edit.order_id, &edit.account_id);
    if (!order)
        return ERR_INVALID;
    const char *about =
        arena_printf(call_arena(call), "order %s: %s%s%s", order->order_id, edit.name ? "name" : "",
                     edit.name && edit.phone ? ", " : "", edit.phone ? "phone" : "");
    const struct act act = lobby_act(call, "contact.edit", about ? about : "");
    edit.act = &act;
    err = about ? contact_edit(door->options.sql, &edit, call_arena(call), &contact,
                               call_deadline_ns(call))
                : ERR_NO_MEMORY;
    if (err == ERR_NOT_FOUND)
        return no_contact(call);
    const Usher__V1__Contact *told =
        err == 0 ? lobby_fill_contact(call_arena(call), &contact) : NULL;
    if (!told)
        return lobby_store_failed(call, err ? err : ERR_NO_MEMORY);
    *answer = *told;
    return 0;
}
