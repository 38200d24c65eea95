/* usher organiser sites: sites of an organiser's own that may show his dates in a frame. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/session.h"
#include "cmd/team.h"
#include "usher/v1/auth.pb-c.h"

#define SITES_GIVEN_MAX 64

#define ask(session, method, request, ret_response)                                                \
    session_call_of(session, &usher__v1__auth_service__descriptor, Usher__V1__AuthService, method, \
                    request, ret_response)

struct sites_values {
    struct session_values session;
    int64_t organiser;
    const char *set; /* with commas; NULL: they are shown */
    bool none;
    const char *what; /* no word */
};

/* The sites between commas, in text, which is cut there. */
static size_t split(char *text, char **ret_sites)
{
    size_t count = 0;
    for (char *at = text; at && count < SITES_GIVEN_MAX;) {
        char *comma = strchr(at, ',');
        if (comma)
            *comma = '\0';
        ret_sites[count++] = at;
        at = comma ? comma + 1 : NULL;
    }
    return count;
}

static int sites(struct session *session, void *arg)
{
    struct sites_values *values = arg;
    Usher__V1__GetSitesRequest read = USHER__V1__GET_SITES_REQUEST__INIT;
    Usher__V1__SetSitesRequest change = USHER__V1__SET_SITES_REQUEST__INIT;
    const Usher__V1__Sites *answer;
    char *given[SITES_GIVEN_MAX];
    char *text = values->set ? strdup(values->set) : NULL;
    int code;
    if (values->set && values->none)
        code = cmd_fail("organiser sites", CMD_USAGE, "--set or --none");
    else if (values->set || values->none) {
        change.organiser_id = (uint32_t)values->organiser;
        change.sites = given;
        change.n_sites = text ? split(text, given) : 0;
        code = ask(session, set_sites, &change, &answer);
    } else {
        read.organiser_id = (uint32_t)values->organiser;
        code = ask(session, get_sites, &read, &answer);
    }
    if (code == CMD_OK && values->session.json)
        code = session_print_json(session, answer);
    else if (code == CMD_OK) {
        for (size_t i = 0; i < answer->n_sites; i++)
            printf("%s\n", answer->sites[i]);
        fprintf(stderr,
                "To show an event there: <script src=\"%s/widget.js\" data-event=\"N\" "
                "async></script>\n",
                values->session.url);
    }
    free(text);
    return code;
}

static const struct conf_option options[] = {
    {"set", CONF_STR, offsetof(struct sites_values, set), NULL,
     .help = "these, in the place of those that were there: https://band.example, as often as "
             "needed",
     .repeats = true},
    {"none", CONF_BOOL, offsetof(struct sites_values, none), "no", .help = "no site any more"},
    {"organiser", CONF_INT, offsetof(struct sites_values, organiser), "1", 1, UINT32_MAX,
     .help = "the organiser's number; 1 is there from the beginning"},
    SESSION_OPTIONS(struct sites_values, session),
};
const struct conf_table organiser_sites_table = {
    .command = "usher organiser sites",
    .summary = "Shows or sets the sites of an organiser's own that may show his dates in a frame.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0])};

int organiser_sites_command(int argc, char **argv)
{
    struct sites_values values = {0};
    return session_command(&organiser_sites_table, argc, argv, &values, &values.session,
                           &values.what, sites);
}
