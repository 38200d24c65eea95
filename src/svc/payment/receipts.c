/* ListReceipts, GetReceiptFile: what was paid and given back, on paper. */
#include <inttypes.h>

#include "paper/receipt.h"
#include "sale/order_number.h"
#include "store/receipts.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/role.h"
#include "svc/payment/terms.h"

/* The attempts of an order that are the caller's, or of a performance that he runs. Non-zero after
 * call_fail. */
static int find_payments(struct call *call, const char *text, struct payment **ret_payments,
                         size_t *ret_count)
{
    const struct work w = answer_work(call);
    const struct identity *who = call_identity(call);
    struct id order_id;
    bool runs = false;
    *ret_count = 0;
    int err = id_parse(view_str(text), &order_id) == 0
                  ? payments_of(w.role->options.sql, order_id, w.arena, ret_payments, ret_count,
                                w.deadline_ns)
                  : ERR_NOT_FOUND;
    if (err == 0 && *ret_count == 0)
        err = ERR_NOT_FOUND;
    if (err != 0)
        return answer_store_failed(call, err);
    err = answer_runs(call, (*ret_payments)->performance_id, &runs);
    if (err != 0)
        return err;
    return runs || id_eq((*ret_payments)->account_id, who->account_id)
               ? 0
               : answer_store_failed(call, ERR_NOT_FOUND);
}

/* ---- as messages ---- */

static int fill(const struct work *w, const struct receipt *r, const struct payment *p,
                const char *event_name, Usher__V1__Receipt *ret_receipt)
{
    char number[ORDER_NUMBER_CHARS + 1];
    struct selling_terms terms;
    const struct id order_id = id_is_zero(p->order_id) ? p->hold_id : p->order_id;
    Usher__V1__SellingTerms *told = arena_alloc(w->arena, sizeof(*told));
    const struct adapter *adapter = adapter_find(p->provider);
    int err = told ? selling_of(w, p, &terms) : ERR_NO_MEMORY;
    if (err == 0)
        err = selling_fill(w->arena, &terms, told);
    order_number_write(order_id, number);
    usher__v1__receipt__init(ret_receipt);
    ret_receipt->organiser_id = r->organiser_id;
    ret_receipt->number = r->number;
    ret_receipt->kind = (Usher__V1__ReceiptKind)r->kind;
    ret_receipt->payment_id = (char *)exchange_id(w->arena, r->payment_id);
    ret_receipt->order_id = (char *)exchange_id(w->arena, order_id);
    ret_receipt->order_number = arena_copy(w->arena, view_str(number));
    ret_receipt->performance_id = p->performance_id;
    ret_receipt->event_name = (char *)event_name;
    ret_receipt->at_ms = r->at_ms;
    ret_receipt->total = r->total;
    ret_receipt->price = r->total - r->fee;
    ret_receipt->fee = r->fee;
    ret_receipt->vat = r->vat;
    ret_receipt->currency = arena_copy(w->arena, r->currency);
    ret_receipt->currency_digits = currency_digits(r->currency);
    ret_receipt->provider = adapter ? (char *)adapter->title : arena_copy(w->arena, p->provider);
    ret_receipt->terms = told;
    return err == 0 && (!ret_receipt->payment_id || !ret_receipt->order_id ||
                        !ret_receipt->order_number || !ret_receipt->currency)
               ? ERR_NO_MEMORY
               : err;
}

/* Adds those of one payment. */
static int add_payment(const struct work *w, const struct payment *p,
                       Usher__V1__ListReceiptsResponse *answer, size_t max)
{
    const Usher__V1__Performance *performance;
    struct receipt *receipts;
    size_t count;
    uint64_t paid = 0;
    int err = receipts_of(w->role->options.sql, p->payment_id, w->arena, &receipts, &count,
                          w->deadline_ns);
    if (err == 0 && count > 0 && tickets_performance(w, p->performance_id, &performance) != 0)
        err = ERR_UNAVAILABLE;
    Usher__V1__Receipt *rows = err == 0 ? arena_alloc(w->arena, count * sizeof(*rows)) : NULL;
    if (err == 0 && !rows)
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count && answer->n_receipts < max; i++) {
        err = fill(w, &receipts[i], p, performance->event_name, &rows[i]);
        paid = receipts[i].kind == RECEIPT_PAID ? receipts[i].number : paid;
        rows[i].receipt_number = receipts[i].kind == RECEIPT_CREDIT ? paid : 0;
        answer->receipts[answer->n_receipts++] = &rows[i];
    }
    return err;
}

/* An organiser's, number after number. */
static int list_all(const struct work *w, uint32_t organiser_id, uint64_t after, size_t max,
                    Usher__V1__ListReceiptsResponse *answer)
{
    const Usher__V1__Performance *performance;
    struct receipt *receipts;
    struct payment p;
    size_t count;
    int err = receipts_list(w->role->options.sql, organiser_id, after, max, w->arena, &receipts,
                            &count, w->deadline_ns);
    Usher__V1__Receipt *rows = err == 0 ? arena_alloc(w->arena, count * sizeof(*rows)) : NULL;
    if (err == 0 && !rows)
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        err =
            payment_get(w->role->options.sql, receipts[i].payment_id, w->arena, &p, w->deadline_ns);
        if (err == 0 && tickets_performance(w, p.performance_id, &performance) != 0)
            err = ERR_UNAVAILABLE;
        if (err == 0)
            err = fill(w, &receipts[i], &p, performance->event_name, &rows[i]);
        answer->receipts[answer->n_receipts++] = &rows[i];
    }
    return err;
}

int payment_list_receipts(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListReceiptsRequest *wish = request;
    Usher__V1__ListReceiptsResponse *answer = response;
    const struct work w = answer_work(call);
    const size_t page = wish->page_size == 0 ? ROLE_PAGE : wish->page_size;
    struct payment *payments;
    uint32_t organiser_id = 0;
    size_t count = 0;
    if (page > PAYMENT_PAGE_MAX)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "a page of 1 to %d",
                           PAYMENT_PAGE_MAX);
    int err = wish->order_id[0] ? find_payments(call, wish->order_id, &payments, &count)
                                : selling_organiser(call, wish->organiser_id, &organiser_id);
    if (err != 0)
        return err;
    answer->receipts = arena_alloc(w.arena, PAYMENT_PAGE_MAX * sizeof(*answer->receipts));
    if (!answer->receipts)
        return answer_store_failed(call, ERR_NO_MEMORY);
    if (!wish->order_id[0])
        err = list_all(&w, organiser_id, wish->after_number, page, answer);
    for (size_t i = 0; err == 0 && i < count; i++)
        err = add_payment(&w, &payments[i], answer, PAYMENT_PAGE_MAX);
    return err == 0 ? 0 : answer_store_failed(call, err);
}

/* ---- as a file ---- */

struct drawing {
    const struct paper_receipt *paper;
    struct buf *out;
    int err, missing;
};

static void draw(void *arg)
{
    struct drawing *drawing = arg;
    drawing->err = paper_receipt_write(drawing->paper, drawing->out, &drawing->missing);
}

static struct paper_receipt as_paper(const struct work *w, const Usher__V1__Receipt *r,
                                     const char *language)
{
    const Usher__V1__Performance *performance;
    struct paper_receipt paper = {
        .language = paper_language_of(view_str(language)),
        .credit = r->kind == USHER__V1__RECEIPT_KIND__RECEIPT_KIND_CREDIT_NOTE,
        .number = view_str(arena_printf(w->arena, "%" PRIu64, r->number)),
        .order_number = view_str(r->order_number),
        .event = view_str(r->event_name),
        .paid_by = view_str(r->provider),
        .at_ms = r->at_ms,
        .currency = view_str(r->currency),
        .price = r->price,
        .fee = r->fee,
        .vat = r->vat,
        .total = r->total,
        .seller = view_str(r->terms->seller),
        .registration = view_str(r->terms->registration_number),
        .mail_order = view_str(r->terms->mail_order_number),
        .representative = view_str(r->terms->representative),
        .address = view_str(r->terms->address),
        .telephone = view_str(r->terms->telephone),
    };
    if (paper.credit)
        paper.about_number = view_str(arena_printf(w->arena, "%" PRIu64, r->receipt_number));
    if (tickets_performance(w, r->performance_id, &performance) == 0 &&
        performance->utc_offset_choice_case ==
            USHER__V1__PERFORMANCE__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES)
        paper.utc_offset_minutes = performance->utc_offset_minutes;
    return paper;
}

/* The receipt of that number among those of an order, or NULL. */
static const Usher__V1__Receipt *pick(const Usher__V1__ListReceiptsResponse *all, uint64_t number)
{
    for (size_t i = 0; i < all->n_receipts; i++) {
        if (all->receipts[i]->number == number)
            return all->receipts[i];
    }
    return NULL;
}

int payment_get_receipt_file(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetReceiptFileRequest *wish = request;
    Usher__V1__ReceiptFile *answer = response;
    const struct work w = answer_work(call);
    Usher__V1__ListReceiptsRequest list = USHER__V1__LIST_RECEIPTS_REQUEST__INIT;
    Usher__V1__ListReceiptsResponse all = USHER__V1__LIST_RECEIPTS_RESPONSE__INIT;
    struct buf content;
    if (wish->order_id[0] == '\0')
        return answer_store_failed(call, ERR_NOT_FOUND);
    list.order_id = wish->order_id;
    int err = payment_list_receipts(call, &list, &all);
    if (err != 0)
        return err;
    const Usher__V1__Receipt *receipt = pick(&all, wish->number);
    if (!receipt)
        return answer_store_failed(call, ERR_NOT_FOUND);
    const struct paper_receipt paper = as_paper(&w, receipt, wish->language);
    buf_init(&content, PAPER_FILE_MAX);
    struct drawing drawing = {.paper = &paper, .out = &content};
    err = offload_run(w.role->options.offload, draw, &drawing);
    err = err == 0 ? drawing.err : err;
    const char *bytes = err == 0 ? arena_copy(w.arena, buf_view(&content)) : NULL;
    answer->name = arena_printf(w.arena, "receipt-%" PRIu64 ".pdf", wish->number);
    answer->media_type = (char *)"application/pdf";
    answer->content =
        (ProtobufCBinaryData){.len = bytes ? content.len : 0, .data = (uint8_t *)bytes};
    buf_release(&content);
    if (err == 0 && (!bytes || !answer->name))
        err = ERR_NO_MEMORY;
    return err == 0 ? 0 : answer_store_failed(call, err);
}
