/*
 * What is to be paid later: to a bank account that the provider opens, or at the box office. Its
 * places are held until a deadline and are not sold; whoever has not paid by then has nothing, and
 * nothing was charged.
 */
#include <sodium.h>

#include "mem/utf8.h"
#include "store/contacts.h"
#include "store/deposits.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/deposits.h"
#include "svc/payment/role.h"
#include "token/seal.h"

#define ACCOUNT_TEXT_MAX (DEPOSIT_BANK_MAX + DEPOSIT_NUMBER_MAX + DEPOSIT_HOLDER_MAX + 2)
#define HINT_DIGITS      4
#define CASH_DIGITS_MIN  10 /* of a mobile number, or a business's; a card's number has 18 */
#define CASH_DIGITS_MAX  18
#define KEEP_MS          (INT64_C(30) * 86400000) /* after the start: it may yet be called off */

static_assert(ACCOUNT_TEXT_MAX + SEAL_MORE <= DEPOSIT_SEALED_MAX, "a sealed account fits");

/* ---- what the buyer says ---- */

static bool all_of(const char *text, size_t min, size_t max, const char *also)
{
    size_t len = 0;
    for (; text[len]; len++) {
        const char c = text[len];
        if (!(c >= '0' && c <= '9') && !strchr(also, c))
            return false;
    }
    return len >= min && len <= max;
}

static bool is_bank(const char *text)
{
    size_t len = 0;
    for (; text[len]; len++) {
        const char c = text[len];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z'))
            return false;
    }
    return len >= 1 && len <= DEPOSIT_BANK_MAX;
}

static bool is_account(const Usher__V1__RefundAccount *said)
{
    const struct view holder = view_str(said ? said->holder : "");
    return said && is_bank(said->bank) && all_of(said->number, 6, DEPOSIT_NUMBER_MAX, "-") &&
           holder.len <= DEPOSIT_HOLDER_MAX && utf8_line(holder) && utf8_visible(holder);
}

static struct view seal(const struct work *w, const char *text)
{
    const size_t len = strlen(text);
    uint8_t *sealed = arena_alloc(w->arena, len + SEAL_MORE);
    if (!sealed)
        return (struct view){0};
    seal_write(w->role->seal_key, w->role->options.chance, view_of(text, len), sealed);
    return view_of((const char *)sealed, len + SEAL_MORE);
}

/* NULL: it is forgotten, or was sealed with another key. ERR_NO_MEMORY. */
static int unseal(const struct work *w, struct view sealed, char **ret_text)
{
    *ret_text = NULL;
    if (sealed.len <= SEAL_MORE)
        return 0;
    char *text = arena_alloc(w->arena, sealed.len - SEAL_MORE + 1);
    if (!text)
        return ERR_NO_MEMORY;
    if (seal_open(w->role->seal_key, sealed, (uint8_t *)text) == 0) {
        text[sealed.len - SEAL_MORE] = '\0';
        *ret_text = text;
    }
    return 0;
}

static struct view seal_account(const struct work *w, const Usher__V1__RefundAccount *said)
{
    const char *text = arena_printf(w->arena, "%s\n%s\n%s", said->bank, said->number, said->holder);
    return text ? seal(w, text) : (struct view){0};
}

/* Non-zero after call_fail. */
static int read_wish(struct call *call, const Usher__V1__DepositWish *said,
                     struct deposit *ret_deposit)
{
    const struct work w = answer_work(call);
    const char *number = said->cash_receipt_number;
    if (!is_bank(said->bank) || !is_account(said->refund_account))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "deposit: the code of a bank, and an account that money can go back to: "
                           "bank, digits, and the name of its holder");
    ret_deposit->account = seal_account(&w, said->refund_account);
    ret_deposit->bank = view_str(said->bank);
    if (said->cash_receipt != 0) {
        if ((said->cash_receipt != USHER__V1__CASH_RECEIPT_KIND__CASH_RECEIPT_KIND_CONSUMER &&
             said->cash_receipt != USHER__V1__CASH_RECEIPT_KIND__CASH_RECEIPT_KIND_BUSINESS) ||
            !all_of(number, CASH_DIGITS_MIN, CASH_DIGITS_MAX, ""))
            return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                               "cash_receipt_number: %d to %d digits", CASH_DIGITS_MIN,
                               CASH_DIGITS_MAX);
        ret_deposit->cash_kind = said->cash_receipt;
        ret_deposit->cash = seal(&w, number);
        ret_deposit->cash_hint =
            view_str(arena_printf(w.arena, "…%s", number + strlen(number) - HINT_DIGITS));
    }
    const bool sealed =
        ret_deposit->account.len > 0 && (ret_deposit->cash_kind == 0 || ret_deposit->cash.len > 0);
    return sealed ? 0 : answer_store_failed(call, ERR_NO_MEMORY);
}

static int refuse_later(struct call *call, int err, const struct call_status *status)
{
    if (err == ERR_BUSY)
        return answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                           "not possible right now: try the same request again");
    return call_fail(call, status->code, status->detail, "%s", status->message);
}

int deposit_begin(struct call *call, const Usher__V1__BeginPaymentRequest *wish, struct payment *p)
{
    const struct work w = answer_work(call);
    struct deposit deposit = {.payment_id = p->payment_id};
    struct payment other;
    const Usher__V1__Performance *performance;
    const Usher__V1__Hold *hold;
    struct call_status status;
    const int64_t now_ms = role_now_ms();
    const bool at_bank = !view_eq(p->provider, VIEW_LIT(PAYMENT_BOX_OFFICE));
    int err = at_bank ? read_wish(call, wish->deposit, &deposit) : 0;
    if (err != 0)
        return err;
    /* Where another attempt lives, that is the answer, and nothing is held longer. */
    err = payment_of_hold(w.role->options.sql, p->hold_id, w.arena, &other, w.deadline_ns);
    if (err != ERR_NOT_FOUND)
        return err == 0 ? 0 : answer_store_failed(call, err);
    if (tickets_performance(&w, p->performance_id, &performance) != 0)
        return refuse_later(call, ERR_BUSY, NULL);
    /* A hold's id begins with the time it was made. Who comes late still pays at the box office; an
     * account of a bank sells nothing after the start. */
    int64_t until_ms = (int64_t)(p->hold_id.hi >> 16) + performance->pay_later_ms;
    if (at_bank && until_ms > performance->starts_at_ms)
        until_ms = performance->starts_at_ms;
    err = tickets_extend_later(&w, p, until_ms, call_metadata(call, VIEW_LIT("usher-pass")), &hold,
                               &status);
    if (err != 0)
        return refuse_later(call, err, &status);
    const int64_t left_ms = hold->expires_at_ms - now_ms;
    p->must_finish_by_ms =
        hold->expires_at_ms - (left_ms / 4 < ROLE_GIVE_UP_MS ? left_ms / 4 : ROLE_GIVE_UP_MS);
    p->state = PAYMENT_CONFIRMING;
    p->next_at_ms = now_ms + ROLE_CALL_MS;
    deposit.forget_at_ms =
        KEEP_MS + (performance->starts_at_ms > p->must_finish_by_ms ? performance->starts_at_ms
                                                                    : p->must_finish_by_ms);
    err = deposit_put(w.role->options.sql, &deposit, w.deadline_ns);
    return err == 0 ? 0 : answer_store_failed(call, err);
}

int deposit_name_account(struct call *call, const struct payment *p,
                         const Usher__V1__RefundAccount *said)
{
    const struct work w = answer_work(call);
    if (!is_account(said))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "refund_account: the code of a bank, digits, and the holder's name");
    const struct view sealed = seal_account(&w, said);
    int err = sealed.len == 0
                  ? ERR_NO_MEMORY
                  : deposit_account(w.role->options.sql, p->payment_id, sealed, w.deadline_ns);
    return err == 0 ? 0 : answer_store_failed(call, err);
}

/* ---- at the provider ---- */

/* Whose money it is, as the order form says; the provider shows it to the bank's customer. */
static int name_of(const struct work *w, const struct payment *p, const char **ret_name)
{
    struct contact contact;
    int err = contact_get(w->role->options.sql, p->hold_id, p->account_id, w->arena, &contact,
                          w->deadline_ns);
    *ret_name = err == 0 && contact.name.len > 0 ? contact.name.at : "Usher";
    return err == ERR_NOT_FOUND ? 0 : err;
}

int deposit_open(const struct work *w, struct payment *p)
{
    const struct adapter *adapter;
    struct adapter_env env;
    struct told told = {0};
    struct deposit d;
    const char *name;
    char *cash_number;
    if (p->must_finish_by_ms <= role_now_ms())
        return flow_abandon(w, p, "PAYMENT_EXPIRED");
    if (!role_talk(w, p->provider, p->provider_of, &adapter, &env) || !adapter->deposit)
        return ERR_UNAVAILABLE;
    int err = deposit_get(w->role->options.sql, p->payment_id, w->arena, &d, w->deadline_ns);
    if (err != 0)
        return err;
    if (d.number.len > 0)
        return flow_look(w, p);
    err = name_of(w, p, &name);
    if (err == 0)
        err = unseal(w, d.cash, &cash_number);
    if (err != 0)
        return err;
    const struct deposit_wish wish = {
        .bank = d.bank.at, .name = name, .cash_kind = d.cash_kind, .cash_number = cash_number};
    adapter->deposit(&env, p, "Tickets", &wish, &told);
    flow_note(w, p, "deposit", &told);
    if (told.said == SAID_NOTHING) {
        adapter->lookup(&env, p, &told);
        flow_note(w, p, "look up", &told);
    }
    return flow_apply(w, p, adapter, &told);
}

/* A look now and then finds what a lost callback would have told. */
static int64_t next_look_ms(const struct work *w, const struct payment *p)
{
    const int64_t next_ms = role_now_ms() + w->role->options.deposit_look_ms;
    return next_ms < p->must_finish_by_ms ? next_ms : p->must_finish_by_ms;
}

/* The move, its event and the mail (NULL: nobody gave an address) are one transaction. */
static int move_and_tell(const struct work *w, struct payment *p, uint32_t to, int64_t next_at_ms,
                         const char *text, const struct mail *mail)
{
    const struct payment_event event = {.at_ms = role_now_ms(),
                                        .payment_id = p->payment_id,
                                        .what = "state",
                                        .text = view_str(text),
                                        .amount = p->books.amount};
    struct payment moved = *p;
    moved.state = to;
    moved.next_at_ms = next_at_ms;
    moved.tries = 0;
    int err = payment_tell(w->role->options.sql, &moved, &event, mail, w->deadline_ns);
    if (err != 0)
        return err;
    flow_count(moved.state);
    log_event(LOG_INFO, "payment.move", log_id("usher.payment", p->payment_id),
              log_str("usher.from", payment_state_word(p->state)),
              log_str("usher.to", payment_state_word(moved.state)),
              log_view("usher.provider", p->provider), log_int("usher.amount", p->books.amount));
    *p = moved;
    return 0;
}

static int tell_buyer(const struct work *w, struct payment *p, const struct told *told)
{
    struct mail mail;
    int err = letter_of_deposit(w, p, told, &mail);
    if (err != 0 && err != ERR_NOT_FOUND)
        return err;
    return move_and_tell(w, p, PAYMENT_DEPOSIT, next_look_ms(w, p),
                         "deposit: the places are held until then", err == 0 ? &mail : NULL);
}

int deposit_end(const struct work *w, struct payment *p, const char *reason)
{
    const char *text = arena_printf(w->arena, "abandoned: %s", reason);
    struct mail mail;
    p->reason = view_str(reason);
    int err = text ? letter_of_end(w, p, &mail) : ERR_NO_MEMORY;
    if (err != 0 && err != ERR_NOT_FOUND)
        return err;
    err = move_and_tell(w, p, PAYMENT_ABANDONED, 0, text, err == 0 ? &mail : NULL);
    if (err == ERR_EXISTS) /* the mail has gone out: something did not fit since */
        err = move_and_tell(w, p, PAYMENT_ABANDONED, 0, text, NULL);
    if (err != 0)
        return err;
    tickets_release(w, p); /* else it ends by its own time */
    deposit_is_over(w, p);
    return 0;
}

int deposit_waits(const struct work *w, struct payment *p, const struct told *told)
{
    const bool at_bank = !view_eq(p->provider, VIEW_LIT(PAYMENT_BOX_OFFICE));
    struct deposit d;
    int err = 0;
    if (p->state == PAYMENT_DEPOSIT && p->must_finish_by_ms > role_now_ms())
        return flow_move(w, p, PAYMENT_DEPOSIT, next_look_ms(w, p), NULL, "not paid yet");
    if (p->must_finish_by_ms <= role_now_ms() || (at_bank && told->account.len == 0))
        return flow_move(w, p, PAYMENT_UNCLEAR, role_now_ms() + flow_retry_ms(p->tries), NULL,
                         "the account is not known yet, or not closed yet");
    err = deposit_get(w->role->options.sql, p->payment_id, w->arena, &d, w->deadline_ns);
    if (err == 0 && at_bank)
        err = deposit_told(w->role->options.sql, p->payment_id, told->bank, told->account,
                           told->secret, w->deadline_ns);
    if (err != 0)
        return err;
    if (told->ref.len > 0)
        p->ref = told->ref;
    err = tell_buyer(w, p, told);
    return err == ERR_EXISTS /* the mail has gone out: something did not fit since */
               ? flow_move(w, p, PAYMENT_DEPOSIT, next_look_ms(w, p), NULL, "not paid yet")
               : err;
}

bool deposit_is_its(const struct work *w, const struct payment *p, struct view secret)
{
    struct deposit d;
    return p->later &&
           deposit_get(w->role->options.sql, p->payment_id, w->arena, &d, w->deadline_ns) == 0 &&
           d.secret.len > 0 && d.secret.len == secret.len &&
           sodium_memcmp(d.secret.at, secret.at, secret.len) == 0;
}

int deposit_account_of(const struct work *w, const struct payment *p,
                       const struct refund_account **ret_account)
{
    struct deposit d;
    *ret_account = NULL;
    if (!p->later)
        return 0;
    int err = deposit_get(w->role->options.sql, p->payment_id, w->arena, &d, w->deadline_ns);
    if (err != 0)
        return err == ERR_NOT_FOUND ? 0 : err;
    char *text;
    struct refund_account *account = arena_alloc(w->arena, sizeof(*account));
    err = account ? unseal(w, d.account, &text) : ERR_NO_MEMORY;
    if (err != 0)
        return err;
    char *number = text ? strchr(text, '\n') : NULL;
    char *holder = number ? strchr(number + 1, '\n') : NULL;
    if (!holder)
        return 0;
    *number++ = '\0';
    *holder++ = '\0';
    *account = (struct refund_account){.bank = text, .number = number, .holder = holder};
    *ret_account = account;
    return 0;
}

void deposit_is_over(const struct work *w, const struct payment *p)
{
    /* Money may still come to an account that was closed too late. */
    const int64_t after_ms = p->state == PAYMENT_REFUNDED ? 0 : DEPOSIT_FORGET_DEAD;
    int err = deposit_forget(w->role->options.sql, p->payment_id, role_now_ms() + after_ms,
                             w->deadline_ns);
    if (err != 0) /* it is forgotten later, by its own time */
        log_event(LOG_WARN, "payment.step", log_id("usher.payment", p->payment_id), log_err(err));
}

int deposit_answer(const struct work *w, const struct payment *p, Usher__V1__Payment *ret_payment)
{
    struct deposit d;
    if (!p->later)
        return 0;
    Usher__V1__Deposit *said = arena_alloc(w->arena, sizeof(*said));
    int err = said ? deposit_get(w->role->options.sql, p->payment_id, w->arena, &d, w->deadline_ns)
                   : ERR_NO_MEMORY;
    if (err != 0)
        return err;
    usher__v1__deposit__init(said);
    said->bank = (char *)(d.number.len > 0 ? d.bank.at : "");
    said->number = (char *)d.number.at;
    said->due_at_ms = p->must_finish_by_ms;
    said->cash_receipt = (Usher__V1__CashReceiptKind)d.cash_kind;
    said->cash_receipt_hint = (char *)d.cash_hint.at;
    ret_payment->deposit = said;
    return 0;
}
