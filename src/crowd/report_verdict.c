/* What a stampede claims in the end, in words: what was found, and what could not be found out. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crowd/report.h"
#include "term/money.h"

static void add(struct report_verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sentences are ours and fit; a cut one would still be one. */
static void add(struct report_verdict *verdict, const char *format, ...)
{
    const size_t len = strlen(verdict->found);
    va_list args;
    va_start(args, format);
    vsnprintf(verdict->found + len, sizeof(verdict->found) - len, format, args);
    va_end(args);
}

static void add_number(struct report_verdict *verdict, uint32_t number, const char *text)
{
    char grouped[MONEY_TEXT_MAX];
    if (number == 0)
        return;
    money_group(number, grouped);
    add(verdict, "; %s %s", grouped, text);
}

/* Why most were refused; "" where nobody was. */
static const char *chief_reason(const struct crowd *crowd)
{
    uint32_t chief = 0;
    for (uint32_t i = 1; i < crowd->reason_count; i++) {
        if (crowd->reasons[i].count > crowd->reasons[chief].count)
            chief = i;
    }
    return crowd->reasons[chief].name;
}

static void judge_answers(const struct crowd *crowd, struct report_verdict *verdict)
{
    char answered[MONEY_TEXT_MAX], users[MONEY_TEXT_MAX];
    const uint32_t *outcomes = crowd->outcomes;
    verdict->name = "answered";
    verdict->claim = "every arrival was answered";
    verdict->ok = crowd_all_answered(crowd);
    money_group(crowd->options.users - outcomes[CROWD_UNSENT] - outcomes[CROWD_UNANSWERED] -
                    outcomes[CROWD_ERROR],
                answered);
    money_group(crowd->options.users, users);
    add(verdict, "%s of %s", answered, users);
    add_number(verdict, outcomes[CROWD_REFUSED], "of them by another refusal than \"taken\"");
    add_number(verdict, outcomes[CROWD_UNANSWERED], "without an answer in time");
    add_number(verdict, outcomes[CROWD_ERROR], "with nothing but errors");
    add_number(verdict, outcomes[CROWD_UNSENT], "not sent any more");
}

static void judge_claims(const struct crowd *crowd, struct report_verdict *verdict)
{
    char claims[MONEY_TEXT_MAX], conflicts[MONEY_TEXT_MAX];
    verdict->name = "apart";
    verdict->claim = "no seat was given to two accounts";
    verdict->ok = crowd_apart(crowd);
    money_group((int64_t)crowd->claim_count, claims);
    money_group((int64_t)crowd->conflict_count, conflicts);
    if (crowd->held_count > 0) {
        add(verdict, "%s claims compared, %s in conflict", claims, conflicts);
    } else if (verdict->ok) {
        verdict->empty = true;
        add(verdict, "nobody was given one: what they wanted was taken");
    } else {
        const char *reason = chief_reason(crowd);
        add(verdict, "nothing was tried: nobody was given one, or told that it is taken%s%s%s",
            reason[0] ? " (" : "", reason, reason[0] ? ")" : "");
    }
}

static void judge_tickets(const struct crowd *crowd, struct report_verdict *verdict)
{
    char orders[MONEY_TEXT_MAX], there[MONEY_TEXT_MAX], lost[MONEY_TEXT_MAX];
    const uint32_t count = crowd->outcomes[CROWD_ORDERED];
    verdict->name = "there";
    verdict->claim = "every acknowledged ticket is still there";
    verdict->ok = crowd_all_there(crowd);
    if (count > 0) {
        money_group(count, orders);
        money_group(crowd->orders_there, there);
        money_group(crowd->orders_lost, lost);
        add(verdict, "%s orders: %s seen again, %s lost or changed", orders, there, lost);
        add_number(verdict, count - crowd->orders_there - crowd->orders_lost,
                   crowd->interrupted ? "could not be verified: interrupted"
                                      : "could not be verified: the server did not answer");
        return;
    }
    verdict->empty = verdict->ok;
    if (crowd->order_wishes > 0) {
        money_group(crowd->order_wishes, orders);
        add(verdict, "none of the %s who held seats and wanted to order was given an order (%s)",
            orders, chief_reason(crowd));
    } else {
        add(verdict, "there is none: %s",
            crowd->held_count > 0 ? "nobody who held seats wanted to order" : "nobody held seats");
    }
}

static void judge_line(const struct crowd *crowd, struct report_verdict *verdict)
{
    const struct crowd_line *line = &crowd->line;
    char joined[MONEY_TEXT_MAX], entered[MONEY_TEXT_MAX], cheats[MONEY_TEXT_MAX];
    verdict->name = "line";
    verdict->claim = "the line was kept";
    verdict->ok = crowd_line_kept(crowd);
    money_group(line->joined, joined);
    money_group(line->entered, entered);
    money_group(line->cheats, cheats);
    add(verdict,
        "%s numbers, %u given twice, %u out of order; %s came in, %u too many at once, %u "
        "overtaken "
        "(rank correlation %.3f)",
        joined, line->twice, line->unordered, entered, line->excess, line->overtaken,
        line->correlation);
    if (line->refreshed > 0)
        add(verdict, "; %u joined again, %u of them got another number", line->refreshed,
            line->renumbered);
    if (crowd->options.cheat)
        add(verdict, "; %s cheats tried, %u succeeded", cheats, line->cheats_won);
}

int report_verdicts(const struct crowd *crowd, struct report_verdict ret[REPORT_VERDICTS])
{
    for (int i = 0; i < REPORT_VERDICTS; i++)
        ret[i] = (struct report_verdict){0};
    judge_answers(crowd, &ret[0]);
    judge_claims(crowd, &ret[1]);
    judge_tickets(crowd, &ret[2]);
    if (!crowd->options.line)
        return REPORT_VERDICTS - 1;
    judge_line(crowd, &ret[3]);
    return REPORT_VERDICTS;
}
