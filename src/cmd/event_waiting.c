/*
 * usher event waiting: who waits for places that come back, and the switch of the waiting list.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/event.h"
#include "cmd/session.h"
#include "err/err.h"
#include "term/sheet.h"
#include "usher/v1/ticket.pb-c.h"

#define MINUTE_MS 60000

struct waiting_values {
    struct session_values session;
    const char *word; /* the performance */
    int64_t minutes;
    bool off;
};

static const char *number_or(char text[16], bool given, uint32_t number)
{
    if (!given)
        return "any";
    snprintf(text, 16, "%u", number);
    return text;
}

static int print_list(const Usher__V1__WaitingList *list)
{
    static const char *const heads[] = {"category",        "section", "places", "at least",
                                        "for wheelchairs", "waiting", "offered"};
    struct sheet sheet;
    char text[16];
    if (list->offer_ms == 0)
        printf("the waiting list of performance %u is off\n", list->performance_id);
    else
        printf("places of performance %u that come back are offered for %lld minutes\n",
               list->performance_id, (long long)(list->offer_ms / MINUTE_MS));
    if (list->n_kinds == 0) {
        printf("nobody waits\n");
        return CMD_OK;
    }
    sheet_init(&sheet, "rrrrrrr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < list->n_kinds; i++) {
        const Usher__V1__WaitingKind *kind = list->kinds[i];
        sheet_put(&sheet, "%s",
                  number_or(text,
                            kind->category_choice_case ==
                                USHER__V1__WAITING_KIND__CATEGORY_CHOICE_CATEGORY,
                            kind->category));
        sheet_put(
            &sheet, "%s",
            number_or(text,
                      kind->section_choice_case == USHER__V1__WAITING_KIND__SECTION_CHOICE_SECTION,
                      kind->section));
        sheet_put(&sheet, "%u", kind->party);
        sheet_put(&sheet, "%u", kind->fewest);
        sheet_put(&sheet, "%u", kind->wheelchairs);
        sheet_put(&sheet, "%u", kind->waiting);
        sheet_put(&sheet, "%u", kind->offered);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return CMD_OK;
}

static int waiting(struct session *session, void *arg)
{
    const struct waiting_values *values = arg;
    Usher__V1__SetWaitingListRequest set = USHER__V1__SET_WAITING_LIST_REQUEST__INIT;
    Usher__V1__ListWaitingRequest look = USHER__V1__LIST_WAITING_REQUEST__INIT;
    const Usher__V1__WaitingList *list;
    uint64_t id;
    if (!view_to_u64(view_str(values->word), UINT32_MAX, &id))
        return cmd_fail(session->command, CMD_USAGE,
                        "\"%s\" is no performance's number; usher event list tells them",
                        values->word);
    if (values->off && values->minutes > 0)
        return cmd_fail(session->command, CMD_USAGE, "--off and --minutes go not together");
    set.performance_id = look.performance_id = (uint32_t)id;
    set.offer_ms = (uint32_t)(values->minutes * MINUTE_MS);
    const int code = values->off || values->minutes > 0
                         ? session_call(session, set_waiting_list, &set, &list)
                         : session_call(session, list_waiting, &look, &list);
    if (code != CMD_OK)
        return code;
    return values->session.json ? session_print_json(session, list) : print_list(list);
}

static const struct conf_option waiting_options[] = {
    {"minutes", CONF_INT, offsetof(struct waiting_values, minutes), "0", 0, 60,
     .help = "switches it on: who waits has so long to buy what is offered, 1 to 60"},
    {"off", CONF_BOOL, offsetof(struct waiting_values, off), "no",
     .help = "switches it off: what comes back is for everybody"},
    SESSION_OPTIONS(struct waiting_values, session),
};

EVENT_PLACES_TABLE(waiting, "Lists who waits for places that come back; or switches the list on or "
                            "off.")

int event_waiting_command(int argc, char **argv)
{
    struct waiting_values values = {0};
    return session_command(&event_waiting_table, argc, argv, &values, &values.session, &values.word,
                           waiting);
}
