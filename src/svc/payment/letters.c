/* Mails about money: written in the transaction of what they tell of, sent by the door. */
#include <jansson.h>
#include <stdlib.h>

#include "paper/words.h"
#include "sale/order_number.h"
#include "store/contacts.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/deposits.h"
#include "svc/payment/role.h"

/* Why money goes back, for the buyer. */
static const struct {
    const char *reason;
    const char *text[2]; /* by enum paper_language */
} whys[] = {
    {"SEATS_GONE",
     {"Your payment arrived after your places had been released, and somebody else has them now. "
      "So all of it goes back.",
      "결제가 도착했을 때 좌석 선점 시간이 끝나 다른 분이 좌석을 예매했습니다. 그래서 결제하신 "
      "금액을 "
      "모두 돌려드립니다."}},
    {"WRONG_AMOUNT",
     {"What was paid was not what the places cost, so nothing was sold. All of it goes back.",
      "결제 금액이 티켓 금액과 달라 예매되지 않았습니다. 결제하신 금액을 모두 돌려드립니다."}},
    {REFUND_BY_ORGANISER,
     {"The organiser has cancelled these tickets.", "주최자가 이 티켓을 취소했습니다."}},
    {REFUND_BY_ORGANISER_USED,
     {"The organiser has cancelled these tickets, although they had been used.",
      "주최자가 이미 사용된 이 티켓을 취소했습니다."}},
    {REFUND_CALLED_OFF,
     {"The event does not take place. We are sorry.",
      "공연이 취소되었습니다. 불편을 드려 죄송합니다."}},
    {PAYMENT_ENDED_BY_TEAM,
     {"The organiser has ended your reservation. If you would like to come all the same, choose "
      "places again on the page of the event, or ask the organiser, with the number below.",
      "주최자가 좌석 예약을 취소했습니다. 관람을 원하시면 공연 페이지에서 좌석을 다시 선택하시거나 "
      "아래 번호로 주최자에게 문의해 주세요."}},
    {PAYMENT_TAKEN_BACK,
     {"Your payment was taken back at the payment provider, by the bank or by the organiser, so "
      "these "
      "tickets are not valid any more.",
      "결제사에서 결제가 취소되어 이 티켓은 더 이상 사용할 수 없습니다."}},
    {NULL, {"You have given tickets back.", "티켓을 취소하셨습니다."}},
};

static const char *why(struct view reason, enum paper_language language)
{
    size_t i = 0;
    while (whys[i].reason && !view_eq(view_str(whys[i].reason), reason))
        i++;
    return whys[i].text[language];
}

/* What the letter says, as JSON in the arena; NULL: no memory. */
static const char *write_values(const struct work *w, const struct payment *p,
                                const struct refund *r, const char *event,
                                enum paper_language language)
{
    char amount[PAPER_TEXT_MAX], kept[PAPER_TEXT_MAX], number[ORDER_NUMBER_CHARS + 1];
    paper_amount(language, r->amount, p->currency, amount);
    paper_amount(language, r->charge > 0 ? r->charge : 0, p->currency, kept);
    order_number_write(id_is_zero(r->order_id) ? p->hold_id : r->order_id, number);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s}", "event", event, "number", number,
                             "amount", amount, "kept", kept, "why", why(r->reason, language));
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    const char *copy = text ? arena_copy(w->arena, view_str(text)) : NULL;
    free(text);
    json_decref(json);
    return copy;
}

int letter_of_refund(const struct work *w, const struct payment *p, const struct refund *r,
                     struct mail *ret_mail)
{
    const struct id order_id = id_is_zero(r->order_id) ? p->hold_id : r->order_id;
    const Usher__V1__Performance *performance;
    struct contact contact;
    int err = contact_get(w->role->options.sql, order_id, p->account_id, w->arena, &contact,
                          w->deadline_ns);
    if (err == 0 && contact.email.len == 0)
        err = ERR_NOT_FOUND;
    if (err != 0)
        return err;
    if (tickets_performance(w, p->performance_id, &performance) != 0)
        return ERR_UNAVAILABLE;
    const char *values =
        write_values(w, p, r, performance->event_name, paper_language_of(contact.language));
    const char *key = arena_printf(w->arena, "refund:%s", exchange_id(w->arena, r->refund_id));
    if (!values || !key)
        return ERR_NO_MEMORY;
    *ret_mail = (struct mail){.to = contact.email,
                              .template = view_eq(p->provider, VIEW_LIT(PAYMENT_BOX_OFFICE))
                                              ? VIEW_LIT("handed")
                                              : VIEW_LIT("refunded"),
                              .language = contact.language,
                              .params = view_str(values),
                              .key = view_str(key),
                              .created_at_ms = role_now_ms()};
    return 0;
}

/* Why it ended, and what the organiser says of it. NULL: no memory. */
static const char *why_ended(const struct work *w, const struct payment *p,
                             enum paper_language language)
{
    const char *text = why(p->reason, language);
    if (p->told_why.len == 0)
        return text;
    return arena_printf(w->arena,
                        language == PAPER_KOREAN ? "%s\n\n주최자 안내: %.*s"
                                                 : "%s\n\nThe organiser says: %.*s",
                        text, VIEW_ARG(p->told_why));
}

int letter_of_end(const struct work *w, const struct payment *p, struct mail *ret_mail)
{
    char number[ORDER_NUMBER_CHARS + 1];
    const Usher__V1__Performance *performance;
    struct contact contact;
    int err = contact_get(w->role->options.sql, p->hold_id, p->account_id, w->arena, &contact,
                          w->deadline_ns);
    if (err == 0 && contact.email.len == 0)
        err = ERR_NOT_FOUND;
    if (err != 0)
        return err;
    if (tickets_performance(w, p->performance_id, &performance) != 0)
        return ERR_UNAVAILABLE;
    order_number_write(p->hold_id, number);
    const char *words = why_ended(w, p, paper_language_of(contact.language));
    json_t *json = words ? json_pack("{s:s, s:s, s:s}", "event", performance->event_name, "number",
                                     number, "why", words)
                         : NULL;
    char *values = json ? json_dumps(json, JSON_COMPACT) : NULL;
    const char *copy = values ? arena_copy(w->arena, view_str(values)) : NULL;
    const char *key = arena_printf(w->arena, "off:%s", exchange_id(w->arena, p->payment_id));
    free(values);
    json_decref(json);
    if (!copy || !key)
        return ERR_NO_MEMORY;
    *ret_mail = (struct mail){.to = contact.email,
                              .template = view_eq(p->provider, VIEW_LIT(PAYMENT_BOX_OFFICE))
                                              ? VIEW_LIT("not-reserved")
                                              : VIEW_LIT("not-deposit"),
                              .language = contact.language,
                              .params = view_str(copy),
                              .key = view_str(key),
                              .created_at_ms = role_now_ms()};
    return 0;
}

/* When it must be paid, by the hall's clock. */
static void write_due(const struct payment *p, const Usher__V1__Performance *performance,
                      enum paper_language language, char ret_text[PAPER_TEXT_MAX])
{
    const struct paper_order when = {
        .language = language,
        .starts_at_ms = p->must_finish_by_ms,
        .utc_offset_known = performance->utc_offset_choice_case ==
                            USHER__V1__PERFORMANCE__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES,
        .utc_offset_minutes = performance->utc_offset_minutes,
    };
    paper_start(&when, ret_text);
}

int letter_of_deposit(const struct work *w, const struct payment *p, const struct told *told,
                      struct mail *ret_mail)
{
    char amount[PAPER_TEXT_MAX], due[PAPER_TEXT_MAX], number[ORDER_NUMBER_CHARS + 1];
    const Usher__V1__Performance *performance;
    struct contact contact;
    int err = contact_get(w->role->options.sql, p->hold_id, p->account_id, w->arena, &contact,
                          w->deadline_ns);
    if (err == 0 && contact.email.len == 0)
        err = ERR_NOT_FOUND;
    if (err != 0)
        return err;
    if (tickets_performance(w, p->performance_id, &performance) != 0)
        return ERR_UNAVAILABLE;
    const enum paper_language language = paper_language_of(contact.language);
    paper_amount(language, p->books.amount, p->currency, amount);
    write_due(p, performance, language, due);
    order_number_write(p->hold_id, number);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s%, s:s%}", "event", performance->event_name,
                             "number", number, "amount", amount, "due", due, "bank",
                             told->bank.at ? told->bank.at : "", told->bank.len, "account",
                             told->account.at ? told->account.at : "", told->account.len);
    char *values = json ? json_dumps(json, JSON_COMPACT) : NULL;
    const char *copy = values ? arena_copy(w->arena, view_str(values)) : NULL;
    const char *key = arena_printf(w->arena, "deposit:%s", exchange_id(w->arena, p->payment_id));
    free(values);
    json_decref(json);
    if (!copy || !key)
        return ERR_NO_MEMORY;
    *ret_mail = (struct mail){.to = contact.email,
                              .template = told->account.len > 0 ? VIEW_LIT("deposit")
                                                                : VIEW_LIT("reserved"),
                              .language = contact.language,
                              .params = view_str(copy),
                              .key = view_str(key),
                              .created_at_ms = role_now_ms()};
    return 0;
}
