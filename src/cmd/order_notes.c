/*
 * usher order note, edit: what the box office keeps of, and puts right for, who telephones.
 */
#include <stdio.h>

#include "chance/chance.h"
#include "cmd/order.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "mem/id.h"
#include "store/contacts.h"
#include "store/order_notes.h"
#include "term/sheet.h"
#include "usher/v1/door.pb-c.h"

#define CALL(session, method, request, ret)                                                        \
    session_call_of((session), &usher__v1__door_service__descriptor, Usher__V1__DoorService,       \
                    method, (request), (ret))

struct note_values {
    struct session_values session;
    const char *order; /* positional: an order's id or number */
    const char *text;
    const char *name, *phone;
};

/* ---- note ---- */

static void print_notes(const Usher__V1__OrderNotes *notes)
{
    for (size_t i = 0; i < notes->n_notes; i++) {
        const Usher__V1__OrderNote *note = notes->notes[i];
        const char *who = note->author_email[0] ? note->author_email : note->author_id;
        char when[WHEN_TEXT_MAX];
        when_format(note->created_at_ms, when);
        printf("note %u, %s, %s\n", note->number, when, who[0] ? who : "the operator's key");
        printf("%s\n", note->text);
    }
}

int order_print_notes(struct session *session, const char *order_id)
{
    Usher__V1__ListOrderNotesRequest wish = USHER__V1__LIST_ORDER_NOTES_REQUEST__INIT;
    const Usher__V1__OrderNotes *notes;
    wish.order_id = (char *)order_id;
    const int code = CALL(session, list_order_notes, &wish, &notes);
    if (code == CMD_OK)
        print_notes(notes);
    return code;
}

static int note(struct session *session, void *arg)
{
    const struct note_values *values = arg;
    Usher__V1__AddOrderNoteRequest add = USHER__V1__ADD_ORDER_NOTE_REQUEST__INIT;
    Usher__V1__ListOrderNotesRequest list = USHER__V1__LIST_ORDER_NOTES_REQUEST__INIT;
    const Usher__V1__OrderNotes *notes;
    char nonce[ID_TEXT_CHARS + 1];
    const char *order_id;
    int code = order_find_id(session, values->order, &order_id);
    if (code != CMD_OK)
        return code;
    id_format(chance_id(chance_system()), nonce);
    add.order_id = list.order_id = (char *)order_id;
    add.text = (char *)values->text;
    add.nonce = nonce;
    code = values->text[0] ? CALL(session, add_order_note, &add, &notes)
                           : CALL(session, list_order_notes, &list, &notes);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, notes);
    print_notes(notes);
    if (notes->n_notes == 0)
        printf("there is no note on this order\n");
    return CMD_OK;
}

static const struct conf_option note_options[] = {
    {"text", CONF_STR, offsetof(struct note_values, text), "", 0, ORDER_NOTE_CHARS_MAX * 4,
     .help = "writes this note; empty: shows those that are there"},
    SESSION_OPTIONS(struct note_values, session),
};

const struct conf_table order_note_table = {
    .command = "usher order note",
    .summary = "Writes a note on an order for the team, or shows its notes.",
    .positional = "ORDER",
    .positional_min = 1,
    .positional_max = 1,
    .options = note_options,
    .option_count = sizeof(note_options) / sizeof(note_options[0]),
};

int order_note_command(int argc, char **argv)
{
    struct note_values values = {0};
    return session_command(&order_note_table, argc, argv, &values, &values.session, &values.order,
                           note);
}

/* ---- edit ---- */

static int edit(struct session *session, void *arg)
{
    const struct note_values *values = arg;
    Usher__V1__EditContactRequest wish = USHER__V1__EDIT_CONTACT_REQUEST__INIT;
    const Usher__V1__Contact *contact;
    const char *order_id;
    if (!values->name[0] && !values->phone[0])
        return cmd_fail(session->command, CMD_USAGE, "--name NAME, --phone NUMBER, or both");
    int code = order_find_id(session, values->order, &order_id);
    wish.order_id = (char *)order_id;
    if (values->name[0]) {
        wish.name_choice_case = USHER__V1__EDIT_CONTACT_REQUEST__NAME_CHOICE_NAME;
        wish.name = (char *)values->name;
    }
    if (values->phone[0]) {
        wish.phone_choice_case = USHER__V1__EDIT_CONTACT_REQUEST__PHONE_CHOICE_PHONE;
        wish.phone = (char *)values->phone;
    }
    if (code == CMD_OK)
        code = CALL(session, edit_contact, &wish, &contact);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, contact);
    printf("the tickets are for %s%s%s\n", contact->name, contact->phone[0] ? ", " : "",
           contact->phone);
    return CMD_OK;
}

static const struct conf_option edit_options[] = {
    {"name", CONF_STR, offsetof(struct note_values, name), "", 0, CONTACT_NAME_MAX,
     .help = "who the tickets are for; they say it from then on"},
    {"phone", CONF_STR, offsetof(struct note_values, phone), "", 0, CONTACT_PHONE_MAX,
     .help = "the buyer's telephone number"},
    SESSION_OPTIONS(struct note_values, session),
};

const struct conf_table order_edit_table = {
    .command = "usher order edit",
    .summary = "Puts right whom an order's tickets are for.",
    .positional = "ORDER",
    .positional_min = 1,
    .positional_max = 1,
    .options = edit_options,
    .option_count = sizeof(edit_options) / sizeof(edit_options[0]),
};

int order_edit_command(int argc, char **argv)
{
    struct note_values values = {0};
    return session_command(&order_edit_table, argc, argv, &values, &values.session, &values.order,
                           edit);
}
