/*
 * What happens to a payment without the shop: its operator cancels it on the provider's own page, a
 * bank takes a deposit back, a card's holder disputes it, a slow method pays or does not.
 *
 *     POST /TONGUE/desk/ORDER    do=cancel (amount=…, absent: all that is left), undo, dispute,
 *                                win, lose, settle, fail
 */
#include <string.h>

#include "err/err.h"
#include "psp/till.h"
#include "sale/currency.h"

static bool is_charged(const struct psp_payment *p)
{
    return p->status == PSP_DONE || p->status == PSP_PARTIAL;
}

static int cancel(struct psp_call *call, struct psp_payment *p)
{
    const char *part = psp_value(call, call->ask->body, "amount");
    int64_t amount = p->left;
    if (!is_charged(p) ||
        (part && currency_parse(currency_find(view_str(p->currency)), view_str(part), &amount)) ||
        amount <= 0 || amount > p->left)
        return ERR_INVALID;
    return psp_cancel(call, p, amount, "at the desk");
}

static int undo(struct psp_call *call, struct psp_payment *p)
{
    if (!p->account || p->status != PSP_DONE)
        return ERR_INVALID;
    return book_note(call->psp->book, psp_now_ms(call->psp), "undo",
                     json_pack("{s:s, s:I}", "payment", p->key, "amount", (json_int_t)p->left));
}

static int dispute(struct psp_call *call, struct psp_payment *p, const char *status)
{
    const bool first = strcmp(status, "needs_response") == 0;
    const bool open = p->dispute && strcmp(p->dispute, "needs_response") == 0;
    if (first ? !is_charged(p) || p->dispute != NULL : !open)
        return ERR_INVALID;
    return book_note(call->psp->book, psp_now_ms(call->psp), "dispute",
                     json_pack("{s:s, s:I, s:s}", "payment", p->key, "amount",
                               (json_int_t)(first ? p->left : p->disputed), "status", status));
}

/* A cancel that took its time is done, or refused. */
static int end_asked(struct psp_call *call, struct psp_payment *p, struct psp_cancel *asked,
                     bool done)
{
    call->ended = asked;
    return book_note(call->psp->book, psp_now_ms(call->psp), done ? "cancel" : "refuse",
                     json_pack("{s:s, s:I, s:s, s:s}", "payment", p->key, "amount",
                               (json_int_t)asked->amount, "transaction", asked->transaction,
                               "reason", asked->reason));
}

static int end_slow(struct psp_call *call, struct psp_payment *p, bool paid)
{
    if (p->status != PSP_AUTHED)
        return ERR_INVALID;
    return paid ? psp_charge(call->psp, p)
                : book_note(call->psp->book, psp_now_ms(call->psp), "end",
                            json_pack("{s:s, s:s}", "payment", p->key, "status", "ABORTED"));
}

static int act(struct psp_call *call, const struct psp_tongue *tongue, struct psp_payment *p,
               const char *what)
{
    if (strcmp(what, "cancel") == 0)
        return cancel(call, p);
    if (strcmp(what, "undo") == 0)
        return undo(call, p);
    if (tongue->disputes && strcmp(what, "dispute") == 0)
        return dispute(call, p, "needs_response");
    if (tongue->disputes && (strcmp(what, "win") == 0 || strcmp(what, "lose") == 0))
        return dispute(call, p, what[0] == 'w' ? "won" : "lost");
    struct psp_cancel *asked = psp_asked(p);
    if (asked && (strcmp(what, "settle") == 0 || strcmp(what, "fail") == 0))
        return end_asked(call, p, asked, what[0] == 's');
    if (tongue->slow && (strcmp(what, "settle") == 0 || strcmp(what, "fail") == 0))
        return end_slow(call, p, what[0] == 's');
    return ERR_INVALID;
}

void psp_desk(struct psp_call *call, const struct psp_tongue *tongue)
{
    const char *what = psp_value(call, call->ask->body, "do");
    struct psp_payment *p =
        book_find_order(call->psp->book, tongue->dialect,
                        call->segment_count == 2 ? call->segments[1] : (struct view){0});
    if (!p || !what || !view_eq(call->ask->method, VIEW_LIT("POST"))) {
        psp_json(call, 404, json_pack("{s:s}", "error", "no such payment"));
        return;
    }
    psp_status_of(call->psp, p);
    const int err = act(call, tongue, p, what);
    if (err == ERR_INVALID) {
        psp_json(call, 409, json_pack("{s:s}", "error", "not of this payment, now"));
    } else if (err != 0 || book_write(call->psp->book) != 0) {
        psp_json(call, 500, json_pack("{s:s}", "error", "the ledger cannot be written"));
    } else {
        psp_json(call, 200, json_object());
        tongue->happened(call, p, what);
    }
}
