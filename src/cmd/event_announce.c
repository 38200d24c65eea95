/*
 * usher event announce: words for everybody in front of a sale, and the emergency stop.
 */
#include <stdio.h>

#include "chance/chance.h"
#include "cmd/event.h"
#include "cmd/session.h"
#include "mem/id.h"
#include "store/notices.h"
#include "usher/v1/ticket.pb-c.h"

#define CALL(session, method, request, ret)                                                        \
    session_call_of((session), &usher__v1__ticket_service__descriptor, Usher__V1__TicketService,   \
                    method, (request), (ret))

struct announce_values {
    struct session_values session;
    const char *word; /* the performance */
    const char *english_subject, *english_text, *korean_subject, *korean_text;
    bool all, stop, mail, end;
};

static int tell(struct session *session, const struct announce_values *values, uint32_t event_id,
                uint32_t *performance)
{
    Usher__V1__AnnounceRequest wish = USHER__V1__ANNOUNCE_REQUEST__INIT;
    Usher__V1__MessageWords english = USHER__V1__MESSAGE_WORDS__INIT, korean = english;
    const Usher__V1__AnnounceResponse *said;
    char nonce[ID_TEXT_CHARS + 1];
    id_format(chance_id(chance_system()), nonce);
    english.subject = (char *)values->english_subject;
    english.text = (char *)values->english_text;
    korean.subject = (char *)values->korean_subject;
    korean.text = (char *)values->korean_text;
    wish.event_id = event_id;
    wish.performance_ids = performance;
    wish.n_performance_ids = values->all ? 0 : 1;
    wish.english = &english;
    wish.korean = &korean;
    wish.stop = values->stop;
    wish.mail = values->mail;
    wish.nonce = nonce;
    const int code = CALL(session, announce, &wish, &said);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, said);
    for (size_t i = 0; i < said->n_notices; i++)
        printf("performance %u: %s\n", said->notices[i]->performance_id,
               said->notices[i]->stopped ? "stopped, and everybody is told" : "everybody is told");
    if (values->mail)
        printf("the buyers of %u of them get a mail\n", said->mailed);
    return CMD_OK;
}

static int end(struct session *session, const struct announce_values *values, uint32_t event_id,
               uint32_t *performance)
{
    Usher__V1__EndNoticeRequest wish = USHER__V1__END_NOTICE_REQUEST__INIT;
    const Usher__V1__EndNoticeResponse *ended;
    wish.event_id = event_id;
    wish.performance_ids = performance;
    wish.n_performance_ids = values->all ? 0 : 1;
    const int code = CALL(session, end_notice, &wish, &ended);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, ended);
    for (size_t i = 0; i < ended->n_resumed; i++)
        printf("performance %u is on sale again\n", ended->resumed[i]);
    if (ended->n_resumed == 0)
        printf("it is taken away\n");
    return CMD_OK;
}

static int announce(struct session *session, void *arg)
{
    const struct announce_values *values = arg;
    Usher__V1__GetPerformanceRequest look = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    const bool said = values->english_subject[0] && values->english_text[0] &&
                      values->korean_subject[0] && values->korean_text[0];
    const bool any = values->english_subject[0] || values->english_text[0] ||
                     values->korean_subject[0] || values->korean_text[0] || values->stop ||
                     values->mail;
    uint64_t id;
    if (!view_to_u64(view_str(values->word), UINT32_MAX, &id))
        return cmd_fail(session->command, CMD_USAGE,
                        "\"%s\" is no performance's number; usher event list tells them",
                        values->word);
    if (values->end ? any : !said)
        return cmd_fail(session->command, CMD_USAGE,
                        "it has a headline and a text, in English and in Korean, or --end alone");
    look.performance_id = (uint32_t)id;
    const int code = CALL(session, get_performance, &look, &performance);
    if (code != CMD_OK)
        return code;
    uint32_t performance_id = performance->performance_id;
    return values->end ? end(session, values, performance->event_id, &performance_id)
                       : tell(session, values, performance->event_id, &performance_id);
}

static const struct conf_option announce_options[] = {
    {"english-subject", CONF_STR, offsetof(struct announce_values, english_subject), "", 0,
     MESSAGE_SUBJECT_MAX, .help = "its headline, for who reads English"},
    {"english-text", CONF_STR, offsetof(struct announce_values, english_text), "", 0,
     NOTICE_TEXT_CHARS_MAX * 4, .help = "its text, for who reads English"},
    {"korean-subject", CONF_STR, offsetof(struct announce_values, korean_subject), "", 0,
     MESSAGE_SUBJECT_MAX, .help = "its headline, for who reads Korean"},
    {"korean-text", CONF_STR, offsetof(struct announce_values, korean_text), "", 0,
     NOTICE_TEXT_CHARS_MAX * 4, .help = "its text, for who reads Korean"},
    {"all", CONF_BOOL, offsetof(struct announce_values, all), "no",
     .help = "all performances of the event that have not begun; --end: all of it"},
    {"stop", CONF_BOOL, offsetof(struct announce_values, stop), "no",
     .help = "stops the sale until --end: nobody holds places, or is called in the line"},
    {"mail", CONF_BOOL, offsetof(struct announce_values, mail), "no",
     .help = "mails it to everybody with tickets, too"},
    {"end", CONF_BOOL, offsetof(struct announce_values, end), "no",
     .help = "takes it away; what it had stopped goes on"},
    SESSION_OPTIONS(struct announce_values, session),
};

EVENT_PLACES_TABLE(announce, "Tells everybody in the line and at the map at once, and stops the "
                             "sale where that is wanted.")

int event_announce_command(int argc, char **argv)
{
    struct announce_values values = {0};
    return session_command(&event_announce_table, argc, argv, &values, &values.session,
                           &values.word, announce);
}
