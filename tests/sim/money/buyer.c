/* A buyer: holds places, pays for them in one of many ways, gives some back. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "codec/percent.h"
#include "err/err.h"
#include "sim/money/visit.h"

#define POLLS_MAX 80 /* of a payment that is not clear */
#define ATTEMPTS  3
#define HOOKS_MAX 600 /* times that a webhook is told */
#define WAY_MAX   2048
#define ARENA_MAX (8u << 20)

/* A hold, and the payment for it that is under way. */
struct mine {
    struct money_buyer *buyer;
    struct arena arena;
    char hold_id[ID_TEXT_CHARS + 1];
    char payment_id[ID_TEXT_CHARS + 1];
    char email[64];
    const char *provider;
    bool later;       /* to an account */
    char account[64]; /* empty: not known yet */
    int64_t amount;
    char way[WAY_MAX];  /* to the provider */
    char back[WAY_MAX]; /* the query of the way back; empty: there is none */
    uint32_t seats[8];
    uint32_t seat_count;
    Usher__V1__PaymentState state;
};

static char *next_key(struct money_buyer *buyer, struct arena *arena)
{
    return arena_printf(arena, "b%u-%u", buyer->number, ++buyer->keys);
}

static bool hold(struct mine *mine)
{
    struct money_buyer *buyer = mine->buyer;
    const Usher__V1__Hold *held;
    Usher__V1__HoldBestRequest best = USHER__V1__HOLD_BEST_REQUEST__INIT;
    best.performance_id = buyer->world->stage.performance_id;
    best.party = 1 + buyer_below(buyer, 3);
    best.apart = true;
    best.idempotency_key = next_key(buyer, &mine->arena);
    const bool bad = line_show(buyer);
    int err = PERSIST(buyer, &mine->arena, VISIT_TICKETS, Usher__V1__TicketService, hold_best,
                      &best, &held);
    line_judge(buyer, bad, err, "holds");
    if (err != 0)
        return false;
    snprintf(mine->hold_id, sizeof(mine->hold_id), "%s", held->hold_id);
    snprintf(mine->email, sizeof(mine->email), "b%u.%u@example.org", buyer->number, buyer->keys);
    mine->seat_count = (uint32_t)held->n_seats;
    for (uint32_t i = 0; i < mine->seat_count; i++)
        mine->seats[i] = held->seats[i]->seat;
    money_say(buyer->world, "buyer %u holds %s", buyer->number, mine->hold_id);
    return true;
}

static void release(struct mine *mine)
{
    const Usher__V1__ReleaseHoldResponse *released;
    Usher__V1__ReleaseHoldRequest wish = USHER__V1__RELEASE_HOLD_REQUEST__INIT;
    wish.performance_id = mine->buyer->world->stage.performance_id;
    wish.hold_id = mine->hold_id;
    (void)PERSIST(mine->buyer, &mine->arena, VISIT_TICKETS, Usher__V1__TicketService, release_hold,
                  &wish, &released);
}

static void box_office(struct mine *mine)
{
    struct money_buyer *buyer = mine->buyer;
    const Usher__V1__Order *order;
    Usher__V1__PlaceOrderRequest wish = USHER__V1__PLACE_ORDER_REQUEST__INIT;
    Usher__V1__CancelOrderRequest cancel = USHER__V1__CANCEL_ORDER_REQUEST__INIT;
    wish.performance_id = buyer->world->stage.performance_id;
    wish.hold_id = mine->hold_id;
    wish.payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE;
    const bool bad = line_show(buyer);
    int err = PERSIST(buyer, &mine->arena, VISIT_TICKETS, Usher__V1__TicketService, place_order,
                      &wish, &order);
    line_judge(buyer, bad, err, "orders");
    if (err != 0)
        return;
    buyer->world->coverage->box_office++;
    line_note_paid(buyer);
    /* Its pass is over now; asked again, the answer is the same. */
    if (buyer_odds(buyer, 30) &&
        PERSIST(buyer, &mine->arena, VISIT_TICKETS, Usher__V1__TicketService, place_order, &wish,
                &order) != 0 &&
        buyer->reason[0])
        money_fail(buyer->world, "order %s was placed, and is refused: %s", mine->hold_id,
                   buyer->reason);
    cancel.order_id = mine->hold_id;
    if (buyer_odds(buyer, 30))
        (void)PERSIST(buyer, &mine->arena, VISIT_TICKETS, Usher__V1__TicketService, cancel_order,
                      &cancel, &order);
}

/* ---- paying ---- */

static const char *const providers[] = {"toss", "stripe", "nicepay"};

static void read_payment(struct mine *mine, const Usher__V1__Payment *payment)
{
    mine->state = payment->state;
    mine->amount = payment->amount;
    if (payment->deposit)
        snprintf(mine->account, sizeof(mine->account), "%s", payment->deposit->number);
}

/* Who stands behind a line waits for those who pay at once, whatever the organiser allows. */
static void judge_later(struct mine *mine, int err)
{
    struct money_world *world = mine->buyer->world;
    if (!mine->later || !world->has_line)
        return;
    world->coverage->later_refused += err != 0 && strcmp(mine->buyer->reason, "PAY_LATER_OFF") == 0;
    if (err == 0)
        money_fail(world, "hold %s is to be paid later, behind a line", mine->hold_id);
}

static bool begin(struct mine *mine)
{
    struct money_buyer *buyer = mine->buyer;
    const Usher__V1__Payment *payment;
    Usher__V1__BeginPaymentRequest wish = USHER__V1__BEGIN_PAYMENT_REQUEST__INIT;
    Usher__V1__Contact contact = USHER__V1__CONTACT__INIT;
    contact.name = (char *)"Kim";
    contact.email = mine->email;
    contact.language = (char *)"en";
    wish.performance_id = buyer->world->stage.performance_id;
    wish.hold_id = mine->hold_id;
    mine->provider = providers[buyer_below(buyer, 3)];
    wish.provider = (char *)mine->provider;
    wish.idempotency_key = next_key(buyer, &mine->arena);
    wish.return_url = (char *)"/orders";
    wish.contact = &contact;
    wish.terms = true;
    wish.equal_places = buyer_odds(buyer, 50);
    Usher__V1__DepositWish deposit = USHER__V1__DEPOSIT_WISH__INIT;
    Usher__V1__RefundAccount account = USHER__V1__REFUND_ACCOUNT__INIT;
    mine->later = buyer->world->later && strcmp(mine->provider, "toss") == 0 &&
                  buyer_odds(buyer, buyer->world->has_line ? 15 : 50);
    if (mine->later) {
        account.bank = (char *)"88";
        account.number = (char *)"110123456789";
        account.holder = (char *)"Kim";
        deposit.bank = (char *)"20";
        deposit.refund_account = &account;
        wish.deposit = &deposit;
    }
    const bool bad = line_show(buyer);
    int err = PERSIST(buyer, &mine->arena, VISIT_PAYMENTS, Usher__V1__PaymentService, begin_payment,
                      &wish, &payment);
    line_judge(buyer, bad, err, "begins to pay");
    judge_later(mine, err);
    if (err != 0)
        return false;
    read_payment(mine, payment);
    snprintf(mine->payment_id, sizeof(mine->payment_id), "%s", payment->payment_id);
    snprintf(mine->way, sizeof(mine->way), "%s", payment->redirect_url);
    buyer->world->coverage->begun++;
    money_say(buyer->world, "buyer %u begins to pay %s by %s: %s", buyer->number, mine->hold_id,
              wish.provider, mine->payment_id);
    buyer->world->coverage->deposits += mine->later;
    return mine->later || mine->way[0] != '\0';
}

/* NICEPAY's page is a form that posts itself: its fields, as a query. */
static void read_form(struct mine *mine, struct view html)
{
    size_t len = 0;
    const char *text = arena_copy(&mine->arena, html);
    for (const char *at = text; (at = strstr(at, " name=\"")) != NULL;) {
        const char *name = at + 7, *value = strstr(name, "\" value=\"");
        if (!value)
            break;
        const char *end = strchr(value + 9, '"');
        len += (size_t)snprintf(mine->back + len, WAY_MAX - len, "%s%.*s=", len ? "&" : "",
                                (int)(value - name), name);
        for (const char *c = value + 9; c < end && len + 4 < WAY_MAX; c++)
            len += (size_t)snprintf(mine->back + len, WAY_MAX - len, "%%%02X", (unsigned char)*c);
        at = end;
    }
}

static void browse(struct mine *mine, const char *form)
{
    struct page page;
    mine->back[0] = '\0';
    if (net_browse(mine->buyer->world, mine->way, form, &mine->arena, &page) != 0)
        return;
    const char *query = page.headers ? strchr(page.headers, '?') : NULL;
    if (query && strncmp(page.headers, "Location: ", 10) == 0)
        snprintf(mine->back, WAY_MAX, "%.*s", (int)strcspn(query + 1, "\r\n"), query + 1);
    else if (page.status == 200)
        read_form(mine, page.body);
    money_say(mine->buyer->world, "buyer %u: %s at the provider for %s, %s", mine->buyer->number,
              form, mine->payment_id, mine->back[0] ? "and is led back" : "without a way back");
}

static void read_state(struct mine *mine, int err, const Usher__V1__Payment *payment)
{
    if (err == 0)
        read_payment(mine, payment);
}

static void finish(struct mine *mine, const char *query)
{
    const Usher__V1__Payment *payment;
    Usher__V1__FinishPaymentRequest wish = USHER__V1__FINISH_PAYMENT_REQUEST__INIT;
    wish.payment_id = mine->payment_id;
    wish.return_query = (char *)query;
    int err = PERSIST(mine->buyer, &mine->arena, VISIT_PAYMENTS, Usher__V1__PaymentService,
                      finish_payment, &wish, &payment);
    read_state(mine, err, payment);
}

static void look(struct mine *mine)
{
    const Usher__V1__Payment *payment;
    Usher__V1__GetPaymentRequest wish = USHER__V1__GET_PAYMENT_REQUEST__INIT;
    wish.payment_id = mine->payment_id;
    int err = PERSIST(mine->buyer, &mine->arena, VISIT_PAYMENTS, Usher__V1__PaymentService,
                      get_payment, &wish, &payment);
    read_state(mine, err, payment);
}

static void abandon(struct mine *mine)
{
    const Usher__V1__Payment *payment;
    Usher__V1__AbandonPaymentRequest wish = USHER__V1__ABANDON_PAYMENT_REQUEST__INIT;
    wish.payment_id = mine->payment_id;
    int err = PERSIST(mine->buyer, &mine->arena, VISIT_PAYMENTS, Usher__V1__PaymentService,
                      abandon_payment, &wish, &payment);
    read_state(mine, err, payment);
}

/* The same way back, in another browser. */
static void run_twin(void *arg)
{
    struct mine *mine = arg;
    struct usher *usher = mine->buyer->world->usher;
    struct arena arena;
    struct page page = {0};
    if (!usher || usher->party.leaving || usher->party.dead)
        return;
    arena_init(&arena, ARENA_MAX);
    usher->party.visitors++;
    const bool post = strncmp(mine->back, "authResultCode", 14) == 0;
    const struct plain_request ask = {
        .method = post ? VIEW_LIT("POST") : VIEW_LIT("GET"),
        .path = view_str(arena_printf(&arena, "/pay/return/%s", mine->payment_id)),
        .query = post ? (struct view){0} : view_str(mine->back),
        .body = post ? view_str(mine->back) : (struct view){0},
        .arena = &arena,
        .deadline_ns = deadline_after_ms(fiber_now_ns(), 30000)};
    usher->plains[1].handle(usher->plains[1].state, &ask, &page);
    usher->party.visitors--;
    arena_release(&arena);
}

/* Somebody has changed the amount in the address. */
static void tamper(struct mine *mine)
{
    char *amount = strstr(mine->back, "amount=");
    char query[WAY_MAX];
    if (!amount)
        return;
    mine->buyer->world->coverage->tampered++;
    snprintf(query, sizeof(query), "%.*samount=1%s", (int)(amount - mine->back), mine->back,
             strchr(amount, '&') ? strchr(amount, '&') : "");
    finish(mine, query);
    if (mine->state == USHER__V1__PAYMENT_STATE__PAYMENT_STATE_DONE)
        money_fail(mine->buyer->world, "payment %s: a way back with another amount is believed",
                   mine->payment_id);
}

/* When the hold ends; 0: nobody knows. */
static int64_t end_of_hold(struct mine *mine)
{
    const Usher__V1__Hold *held;
    Usher__V1__ExtendHoldRequest wish = USHER__V1__EXTEND_HOLD_REQUEST__INIT;
    wish.performance_id = mine->buyer->world->stage.performance_id;
    wish.hold_id = mine->hold_id;
    int err = PERSIST(mine->buyer, &mine->arena, VISIT_TICKETS, Usher__V1__TicketService,
                      extend_hold, &wish, &held);
    return err == 0 ? held->expires_at_ms : 0;
}

/* Somebody who has not said yes to the provider writes that he has: he gets no time by it. Where
 * the provider may be silent, nobody knows whether money is on its way. */
static void make_up(struct mine *mine)
{
    struct money_world *world = mine->buyer->world;
    const int64_t before_ms = end_of_hold(mine);
    const char *session = strrchr(mine->way, '/');
    char query[WAY_MAX];
    snprintf(query, sizeof(query), "paymentKey=made_up&orderId=%s&amount=%" PRId64 "&session_id=%s",
             mine->payment_id, mine->amount, session ? session + 1 : "");
    world->coverage->made_up++;
    finish(mine, query);
    const int64_t after_ms = end_of_hold(mine);
    if (world->flawless && before_ms > 0 && after_ms > before_ms)
        money_fail(world, "hold %s is prolonged by a way back that was made up", mine->hold_id);
}

static void come_back(struct mine *mine)
{
    struct money_buyer *buyer = mine->buyer;
    struct scope twins;
    scope_init(&twins);
    if (buyer_odds(buyer, 10)) {
        buyer->world->coverage->returned_late++;
        buyer_wait(buyer, 40000);
    }
    if (buyer_odds(buyer, 8) && mine->state == USHER__V1__PAYMENT_STATE__PAYMENT_STATE_WAITING)
        tamper(mine);
    if (buyer_odds(buyer, 30)) {
        buyer->world->coverage->both_ways++;
        int err = fiber_spawn(&twins, run_twin, mine);
        assert(err == 0);
    }
    if (buyer_odds(buyer, 90))
        finish(mine, mine->back);
    int err = scope_join(&twins, DEADLINE_NEVER);
    assert(err == 0);
}

static bool is_clear(const struct mine *mine)
{
    if (mine->state == USHER__V1__PAYMENT_STATE__PAYMENT_STATE_DEPOSIT)
        return false;
    return mine->state == USHER__V1__PAYMENT_STATE__PAYMENT_STATE_DONE ||
           mine->state >= USHER__V1__PAYMENT_STATE__PAYMENT_STATE_DECLINED;
}

/* At a bank's counter, now or never, or too late. */
static void pay_in(struct mine *mine)
{
    struct money_buyer *buyer = mine->buyer;
    struct page page = {0};
    for (int i = 0; i < POLLS_MAX && mine->account[0] == '\0' && !is_clear(mine); i++) {
        buyer_wait(buyer, VISIT_PAUSE_MS);
        look(mine);
    }
    buyer_wait(buyer, buyer_odds(buyer, 20) ? 40000 : 3000);
    if (mine->account[0] == '\0' || buyer_odds(buyer, 20))
        return;
    const char *url = arena_printf(&mine->arena, "http://psp/toss/bank/%s", mine->account);
    const char *form = arena_printf(&mine->arena, "amount=%" PRId64, mine->amount);
    (void)net_browse(buyer->world, url, form, &mine->arena, &page);
    buyer->world->coverage->deposits_paid += page.status == 200;
    money_say(buyer->world, "buyer %u pays into %s: %d", buyer->number, mine->account, page.status);
}

static void pay_there(struct mine *mine)
{
    struct money_buyer *buyer = mine->buyer;
    const uint32_t choice = buyer_below(buyer, 100);
    if (buyer_odds(buyer, 8) && mine->state == USHER__V1__PAYMENT_STATE__PAYMENT_STATE_WAITING)
        make_up(mine);
    buyer_wait(buyer, buyer_odds(buyer, 10) ? 30000 : 1500);
    browse(mine, choice < 84 ? "choice=pay" : choice < 92 ? "choice=decline" : "choice=cancel");
    if (buyer_odds(buyer, 10)) {
        char back[WAY_MAX];
        memcpy(back, mine->back, WAY_MAX);
        browse(mine, "choice=pay");
        if (back[0])
            memcpy(mine->back, back, WAY_MAX);
    }
    buyer_wait(buyer, 300);
    if (mine->back[0] && !buyer_odds(buyer, 12))
        come_back(mine);
}

static void note_done(struct mine *mine)
{
    struct money_world *world = mine->buyer->world;
    assert(world->done_count < MONEY_DONES_MAX);
    memcpy(world->dones[world->done_count++].payment_id, mine->payment_id,
           sizeof(mine->payment_id));
    world->coverage->done++;
    line_note_paid(mine->buyer);
    money_say(world, "buyer %u was told: %s is paid", mine->buyer->number, mine->payment_id);
}

/* ---- giving back ---- */

static void give_back(struct mine *mine, bool part)
{
    const Usher__V1__Refund *refund;
    const Usher__V1__Payment *payment;
    Usher__V1__GetPaymentRequest which = USHER__V1__GET_PAYMENT_REQUEST__INIT;
    Usher__V1__RefundOrderRequest wish = USHER__V1__REFUND_ORDER_REQUEST__INIT;
    which.payment_id = mine->payment_id;
    if (PERSIST(mine->buyer, &mine->arena, VISIT_PAYMENTS, Usher__V1__PaymentService, get_payment,
                &which, &payment) != 0)
        return;
    if (!payment->order || payment->order->n_tickets == 0)
        return;
    wish.order_id = payment->order_id;
    uint32_t seat = payment->order->tickets[0]->seat;
    wish.seats = &seat;
    wish.n_seats = part && payment->order->n_tickets > 1;
    mine->buyer->world->coverage->parts += wish.n_seats;
    int err = PERSIST(mine->buyer, &mine->arena, VISIT_PAYMENTS, Usher__V1__PaymentService,
                      refund_order, &wish, &refund);
    mine->buyer->world->coverage->refunded += err == 0;
}

static void run_give_back(void *arg)
{
    struct mine copy = *(struct mine *)arg;
    arena_init(&copy.arena, ARENA_MAX);
    give_back(&copy, false);
    arena_release(&copy.arena);
}

static void give_some_back(struct mine *mine)
{
    struct money_buyer *buyer = mine->buyer;
    struct scope twins;
    scope_init(&twins);
    if (!buyer_odds(buyer, 45))
        return;
    buyer_wait(buyer, 3000);
    if (buyer_odds(buyer, 40)) {
        int err = fiber_spawn(&twins, run_give_back, mine);
        assert(err == 0);
    }
    give_back(mine, buyer_odds(buyer, 60));
    if (buyer_odds(buyer, 30))
        give_back(mine, buyer_odds(buyer, 50));
    int err = scope_join(&twins, DEADLINE_NEVER);
    assert(err == 0);
}

/* ---- what happens at the provider ---- */

/* A webhook of Toss about the payment, which tells it again until it is taken. */
static void tell_hook(struct mine *mine)
{
    struct money_buyer *buyer = mine->buyer;
    const char *body = arena_printf(
        &mine->arena, "{\"eventType\":\"x\",\"data\":{\"orderId\":\"%s\",\"status\":\"CANCELED\"}}",
        mine->payment_id);
    for (int i = 0; i < HOOKS_MAX && !buyer->world->tale.failed; i++) {
        struct usher *usher = buyer->world->usher;
        struct page page = {0};
        struct arena arena;
        bool dead = true;
        arena_init(&arena, ARENA_MAX);
        if (usher && !usher->party.leaving && !usher->party.dead) {
            usher->party.visitors++;
            const struct plain_request ask = {.method = VIEW_LIT("POST"),
                                              .path = VIEW_LIT("/webhooks/toss"),
                                              .body = view_str(body),
                                              .arena = &arena,
                                              .deadline_ns =
                                                  deadline_after_ms(fiber_now_ns(), 30000)};
            usher->plains[0].handle(usher->plains[0].state, &ask, &page);
            dead = usher->party.dead;
            usher->party.visitors--;
        }
        arena_release(&arena);
        if (!dead && page.status == 200)
            return;
        buyer_wait(buyer, VISIT_PAUSE_MS);
    }
    money_fail(buyer->world, "payment %s: nobody listens to the provider", mine->payment_id);
}

/* Somebody gives all of it, or a part, back on the provider's own pages. */
static void take_back(struct mine *mine, const char *form, uint64_t *count)
{
    struct page page = {0};
    const char *url = arena_printf(&mine->arena, "http://psp/toss/desk/%s", mine->payment_id);
    buyer_wait(mine->buyer, 2000);
    (void)net_browse(mine->buyer->world, url, form, &mine->arena, &page);
    money_say(mine->buyer->world, "at the provider %s is taken back, %s: %d", mine->payment_id,
              form, page.status);
    *count += page.status == 200;
}

/* The provider tells of it, however long that takes. */
static void run_take_back(void *arg)
{
    struct mine copy = *(struct mine *)arg;
    arena_init(&copy.arena, ARENA_MAX);
    take_back(&copy, "do=cancel", &copy.buyer->world->coverage->taken_back);
    tell_hook(&copy);
    arena_release(&copy.arena);
}

/* A quarter, of which the provider may tell nobody. */
static void run_take_back_part(void *arg)
{
    struct mine copy = *(struct mine *)arg;
    arena_init(&copy.arena, ARENA_MAX);
    const char *form = arena_printf(&copy.arena, "do=cancel&amount=%" PRId64, copy.amount / 4);
    take_back(&copy, form, &copy.buyer->world->coverage->parts_taken_back);
    if (buyer_odds(copy.buyer, 50))
        tell_hook(&copy);
    arena_release(&copy.arena);
}

/* What becomes of a payment that is done: some of it is given back, by whomever, all at once. Of
 * what was given back in part by hand all is given back in the end: else a person has to act. */
static void go_on_from_done(struct mine *mine)
{
    struct scope desk;
    int err = 0;
    scope_init(&desk);
    const bool toss = strcmp(mine->provider, "toss") == 0;
    const bool all = toss && buyer_odds(mine->buyer, 20);
    const bool part = toss && !all && buyer_odds(mine->buyer, 20);
    if (all || part)
        err = fiber_spawn(&desk, all ? run_take_back : run_take_back_part, mine);
    assert(err == 0);
    give_some_back(mine);
    err = scope_join(&desk, DEADLINE_NEVER);
    assert(err == 0);
    if (part)
        give_back(mine, false);
}

/* ---- one after the other ---- */

/* One attempt. True: another may be made. */
static bool attempt(struct mine *mine)
{
    struct money_buyer *buyer = mine->buyer;
    if (!begin(mine))
        return false;
    if (buyer_odds(buyer, 8))
        return false; /* walks away */
    if (buyer_odds(buyer, 8))
        abandon(mine);
    if (mine->later)
        pay_in(mine);
    else
        pay_there(mine);
    for (int i = 0; i < POLLS_MAX && !is_clear(mine); i++) {
        buyer_wait(buyer, VISIT_PAUSE_MS);
        look(mine);
        /* Some are impatient: they give up what may have been charged. */
        if (buyer_odds(buyer,
                       mine->state == USHER__V1__PAYMENT_STATE__PAYMENT_STATE_WAITING ? 20 : 8))
            abandon(mine);
    }
    if (mine->state == USHER__V1__PAYMENT_STATE__PAYMENT_STATE_DONE) {
        note_done(mine);
        go_on_from_done(mine);
        return false;
    }
    buyer->world->coverage->declined +=
        mine->state == USHER__V1__PAYMENT_STATE__PAYMENT_STATE_DECLINED;
    buyer->world->coverage->abandoned +=
        mine->state == USHER__V1__PAYMENT_STATE__PAYMENT_STATE_ABANDONED;
    return is_clear(mine) && buyer_odds(buyer, 70);
}

/* With places held: one of the things that one may do with them. */
static void go_on_from_hold(struct mine *mine, uint32_t kind)
{
    if (kind < 8)
        box_office(mine);
    else if (kind < 12)
        release(mine);
    else
        for (int k = 0; k < ATTEMPTS && attempt(mine); k++)
            buyer_wait(mine->buyer, 2000);
}

void money_buyer_run(void *arg)
{
    struct money_buyer *buyer = arg;
    const uint32_t rounds = buyer->world->still ? 1 : 1 + buyer_below(buyer, 4);
    buyer_wait(buyer, 2000);
    for (uint32_t i = 0; i < rounds && !buyer->world->tale.failed; i++) {
        struct mine mine = {.buyer = buyer};
        arena_init(&mine.arena, 4 * ARENA_MAX);
        const uint32_t kind = buyer_below(buyer, 100);
        if (!line_come_in(buyer, &mine.arena) || !hold(&mine))
            buyer_wait(buyer, 6000);
        else
            go_on_from_hold(&mine, kind);
        line_go(buyer, &mine.arena);
        buyer->shown = NULL;
        arena_release(&mine.arena);
        buyer_wait(buyer, 2000);
    }
    buyer->world->buyers_left--;
}
