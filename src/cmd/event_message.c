/*
 * usher event message: what an organiser has to say to who bought tickets.
 */
#include <stdio.h>

#include "chance/chance.h"
#include "cmd/event.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "mem/id.h"
#include "store/messages.h"
#include "term/sheet.h"
#include "usher/v1/door.pb-c.h"

#define CALL(session, method, request, ret)                                                        \
    session_call_of((session), &usher__v1__door_service__descriptor, Usher__V1__DoorService,       \
                    method, (request), (ret))

struct message_values {
    struct session_values session;
    const char *word; /* the performance */
    const char *english_subject, *english_text, *korean_subject, *korean_text;
    int64_t category;
    bool absent, send;
};

static int list(struct session *session, const struct message_values *values, uint32_t performance)
{
    static const char *const heads[] = {"message", "since", "addresses", "mails", "", "subject"};
    Usher__V1__ListBuyerMessagesRequest wish = USHER__V1__LIST_BUYER_MESSAGES_REQUEST__INIT;
    const Usher__V1__ListBuyerMessagesResponse *told;
    struct sheet sheet;
    wish.performance_id = performance;
    const int code = CALL(session, list_buyer_messages, &wish, &told);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, told);
    if (told->n_messages == 0) {
        printf("no message was sent to the buyers of performance %u\n", performance);
        return CMD_OK;
    }
    sheet_init(&sheet, "rlrrll");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < told->n_messages; i++) {
        const Usher__V1__BuyerMessage *message = told->messages[i];
        char since[WHEN_TEXT_MAX];
        when_format(message->created_at_ms, since);
        sheet_put(&sheet, "%llu", (unsigned long long)message->message_id);
        sheet_put(&sheet, "%s", since);
        sheet_put(&sheet, "%u", message->addresses);
        sheet_put(&sheet, "%u", message->mails);
        sheet_put(&sheet, "%s", message->done ? "written" : "on its way");
        sheet_put(&sheet, "%s", message->english->subject);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

static int send_message(struct session *session, const struct message_values *values,
                        uint32_t performance)
{
    Usher__V1__MessageBuyersRequest wish = USHER__V1__MESSAGE_BUYERS_REQUEST__INIT;
    Usher__V1__MessageWords english = USHER__V1__MESSAGE_WORDS__INIT, korean = english;
    const Usher__V1__BuyerMessage *message;
    char nonce[ID_TEXT_CHARS + 1];
    id_format(chance_id(chance_system()), nonce);
    english.subject = (char *)values->english_subject;
    english.text = (char *)values->english_text;
    korean.subject = (char *)values->korean_subject;
    korean.text = (char *)values->korean_text;
    wish.performance_id = performance;
    wish.absent = values->absent;
    wish.english = &english;
    wish.korean = &korean;
    wish.nonce = nonce;
    wish.dry_run = !values->send;
    if (values->category >= 0) {
        wish.category_choice_case = USHER__V1__MESSAGE_BUYERS_REQUEST__CATEGORY_CHOICE_CATEGORY;
        wish.category = (uint32_t)values->category;
    }
    const int code = CALL(session, message_buyers, &wish, &message);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, message);
    if (values->send)
        printf("message %llu goes to %u addresses\n", (unsigned long long)message->message_id,
               message->addresses);
    else
        printf("it would go to %u addresses; --send sends it\n", message->addresses);
    return CMD_OK;
}

static int message(struct session *session, void *arg)
{
    const struct message_values *values = arg;
    const bool said = values->english_subject[0] && values->english_text[0] &&
                      values->korean_subject[0] && values->korean_text[0];
    const bool any = values->english_subject[0] || values->english_text[0] ||
                     values->korean_subject[0] || values->korean_text[0] || values->send;
    uint64_t id;
    if (!view_to_u64(view_str(values->word), UINT32_MAX, &id))
        return cmd_fail(session->command, CMD_USAGE,
                        "\"%s\" is no performance's number; usher event list tells them",
                        values->word);
    if (any && !said)
        return cmd_fail(session->command, CMD_USAGE,
                        "a message has a subject and a text, in English and in Korean");
    return said ? send_message(session, values, (uint32_t)id) : list(session, values, (uint32_t)id);
}

static const struct conf_option message_options[] = {
    {"english-subject", CONF_STR, offsetof(struct message_values, english_subject), "", 0,
     MESSAGE_SUBJECT_MAX, .help = "its subject, for who reads English"},
    {"english-text", CONF_STR, offsetof(struct message_values, english_text), "", 0,
     MESSAGE_TEXT_CHARS_MAX * 4, .help = "its text, for who reads English"},
    {"korean-subject", CONF_STR, offsetof(struct message_values, korean_subject), "", 0,
     MESSAGE_SUBJECT_MAX, .help = "its subject, for who reads Korean"},
    {"korean-text", CONF_STR, offsetof(struct message_values, korean_text), "", 0,
     MESSAGE_TEXT_CHARS_MAX * 4, .help = "its text, for who reads Korean"},
    {"category", CONF_INT, offsetof(struct message_values, category), "-1", -1, UINT16_MAX,
     .help = "only who has a ticket of it; -1: of any"},
    {"absent", CONF_BOOL, offsetof(struct message_values, absent), "no",
     .help = "only who has not come in yet"},
    {"send", CONF_BOOL, offsetof(struct message_values, send), "no",
     .help = "sends it; without, it is told how many it would go to"},
    SESSION_OPTIONS(struct message_values, session),
};

EVENT_PLACES_TABLE(message, "Mails words of yours to who has tickets; without any, lists what was "
                            "sent.")

int event_message_command(int argc, char **argv)
{
    struct message_values values = {0};
    return session_command(&event_message_table, argc, argv, &values, &values.session, &values.word,
                           message);
}
