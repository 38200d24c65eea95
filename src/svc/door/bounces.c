/* ReportBounce: a mail server says later that a mail did not arrive. */
#include "observe/log.h"
#include "observe/metrics.h"
#include "paper/report.h"
#include "svc/door/lobby.h"
#include "token/bounce.h"

METRIC_COUNTER(bounced, "usher_mails_bounced_total", "Mails that were taken, and came back later.",
               "");

/* Nothing changes; the reason is for whoever runs the mail server. No error: a pipe that failed
 * would be tried again, with the same. */
static int refuse(Usher__V1__ReportBounceResponse *answer, const char *why)
{
    log_event(LOG_WARN, "mail.bounce_refused", log_text(why));
    answer->refused = (char *)why;
    return 0;
}

/* The mail whose own address this came to. ERR_NOT_FOUND: of none of ours. */
static int find_mail(struct call *call, const struct view *addresses, size_t count,
                     struct mail *ret_mail)
{
    const struct door *door = call_state(call);
    int err = ERR_NOT_FOUND;
    for (size_t i = 0; err == ERR_NOT_FOUND && i < count; i++) {
        uint64_t mail_id;
        if (!bounce_names(addresses[i], &mail_id))
            continue;
        err = mail_get(door->options.sql, mail_id, call_arena(call), ret_mail,
                       call_deadline_ns(call));
        if (err == 0 &&
            !bounce_check(door->codes.bounce_key, addresses[i], mail_id, ret_mail->message_id))
            err = ERR_NOT_FOUND;
    }
    return err;
}

static int take(struct call *call, const struct mail *mail, const struct report *report)
{
    const struct door *door = call_state(call);
    const char *why = arena_printf(call_arena(call), "came back: %s",
                                   report->reason[0] ? report->reason : "no reason is told");
    int err = why ? mail_bounce(door->options.sql, mail->mail_id, mail->message_id, view_str(why),
                                call_deadline_ns(call))
                  : ERR_NO_MEMORY;
    if (err == 0) {
        metric_add(&bounced, 1);
        log_event(LOG_WARN, "mail.bounced", log_uint("usher.mail", mail->mail_id),
                  log_view("usher.template", mail->template), log_str("error.message", why));
    }
    return err == ERR_BUSY ? 0 : err; /* it is known already, or was never taken */
}

CALL_HANDLER(door_report_bounce)
{
    const Usher__V1__ReportBounceRequest *wish = request;
    Usher__V1__ReportBounceResponse *answer = response;
    const struct door *door = call_state(call);
    const struct view text = view_of((const char *)wish->message.data, wish->message.len);
    const struct view recipient = view_str(wish->recipient);
    struct report report;
    struct mail mail;
    if (text.len > REPORT_MAX)
        return refuse(answer, "a bounce has at most 256 KiB: send its beginning");
    if (!report_read(text, &report))
        return refuse(answer, "this is no report of a mail server (RFC 3464)");
    int err = recipient.len > 0 ? find_mail(call, &recipient, 1, &mail)
                                : find_mail(call, report.addresses, report.address_count, &mail);
    if (err == ERR_NOT_FOUND)
        return refuse(answer, "it came to no address that a mail of ours went out from");
    if (err == 0 && report.action == REPORT_FAILED)
        err = take(call, &mail, &report);
    if (err == 0)
        err = mail_get(door->options.sql, mail.mail_id, call_arena(call), &mail,
                       call_deadline_ns(call));
    if (err != 0)
        return lobby_store_failed(call, err);
    answer->mail = arena_alloc(call_arena(call), sizeof(*answer->mail));
    if (!answer->mail)
        return lobby_store_failed(call, ERR_NO_MEMORY);
    lobby_fill_mail(&mail, answer->mail);
    return 0;
}
