/* Performances that another process owns: asks are brought to it and their answers back. */
#include "svc/ticket/elsewhere.h"

#include <stdio.h>
#include <stdlib.h>

#include "call/client.h"
#include "call/forward.h"
#include "observe/spans.h"
#include "svc/ticket/desk.h"
#include "token/roles.h"

#define WAIT_POLL_MS 5
#define ARENA_MAX    (1u << 20)
#define FIGURES_MS   2000 /* figures are not waited for longer */
#define COMMIT_SPAN                                                                                \
    UINT64_C(0x9E3779B97F4A7C14) /* tells a commit's span from its ask's, and stays odd */

const struct identity elsewhere_peer = {.roles = ROLE_PEER};

/* ---- channels: each worker has its own ---- */

static struct lane *lane_here(struct elsewhere *e)
{
    struct loop *loop = sched_loop(sched_current());
    for (uint32_t i = 0; i < e->ticket->options.worker_count; i++)
        if (worker_loop(e->ticket->options.workers[i]) == loop)
            return &e->lanes[i];
    assert(!"a fiber of no worker");
    return NULL;
}

struct channel *elsewhere_enter(struct elsewhere *e, const char *url)
{
    return ways_enter(&lane_here(e)->ways, url, e->ticket->options.peer);
}

void elsewhere_leave(struct elsewhere *e, struct channel *channel)
{
    ways_leave(&lane_here(e)->ways, channel);
}

/* ---- an ask, there and back ---- */

struct packed_ask {
    Usher__V1__OwnerAsk message;
    Usher__V1__AreaQuantity areas[SEATS_PARTY_MAX];
    Usher__V1__AreaQuantity *area_list[SEATS_PARTY_MAX];
    uint8_t account_id[ID_BYTES];
    uint8_t person_id[ID_BYTES];
    uint8_t hold_id[ID_BYTES];
    uint8_t payment_id[ID_BYTES];
    uint8_t origin[ID_BYTES];
};

static void pack_ask(uint32_t performance_id, struct owner_ask *ask, struct packed_ask *packed)
{
    Usher__V1__OwnerAsk *m = &packed->message;
    usher__v1__owner_ask__init(m);
    id_to_bytes(ask->account_id, packed->account_id);
    id_to_bytes(ask->person_id, packed->person_id);
    id_to_bytes(ask->hold_id, packed->hold_id);
    id_to_bytes(ask->payment_id, packed->payment_id);
    id_to_bytes(ask->origin, packed->origin);
    m->origin = (ProtobufCBinaryData){id_is_zero(ask->origin) ? 0 : ID_BYTES, packed->origin};
    m->performance_id = performance_id;
    m->verb = ask->verb;
    m->account_id = (ProtobufCBinaryData){ID_BYTES, packed->account_id};
    m->person_id =
        (ProtobufCBinaryData){id_is_zero(ask->person_id) ? 0 : ID_BYTES, packed->person_id};
    m->seats = ask->seats;
    m->n_seats = ask->seat_count;
    m->left = ask->left;
    m->n_left = ask->left_count;
    for (uint32_t i = 0; i < ask->area_count; i++) {
        usher__v1__area_quantity__init(&packed->areas[i]);
        packed->areas[i].section = ask->areas[i].section;
        packed->areas[i].quantity = ask->areas[i].quantity;
        packed->area_list[i] = &packed->areas[i];
    }
    m->areas = packed->area_list;
    m->n_areas = ask->area_count;
    m->party = ask->best.party;
    m->category = ask->best.category;
    m->section = ask->best.section;
    m->apart = ask->best.apart;
    m->wheelchairs = ask->best.wheelchairs;
    m->restricted_view = ask->best.restricted_view;
    m->hold_id = (ProtobufCBinaryData){ID_BYTES, packed->hold_id};
    m->sale_state = ask->sale_state;
    m->payment_method = ask->payment_method;
    m->payment_id = (ProtobufCBinaryData){ID_BYTES, packed->payment_id};
    m->paid = ask->paid;
    m->payment_required = ask->payment_required;
    m->until_ms = ask->until_ms;
    m->begins_ms = ask->begins_ms;
    m->paying = ask->paying;
    m->holdings_max = ask->holdings_max;
    m->starting = ask->starting;
    m->later = ask->later;
    m->price_list = ask->price_list;
    m->types = ask->types;
    m->n_types = ask->type_count;
    m->code = ask->code;
    m->code_index = ask->code_index;
    m->keeps_code = ask->keeps_code;
    m->fewest = ask->fewest;
    m->offer_ms = ask->offer_ms;
    m->wishes_max = ask->wishes_max;
    m->list = (ProtobufCBinaryData){ask->list.len, (uint8_t *)ask->list.at};
    if (ask->reason.len > 0) /* of a message: it ends with a NUL */
        m->reason = (char *)ask->reason.at;
    m->key = (ProtobufCBinaryData){ask->key.len, (uint8_t *)ask->key.at};
    m->request_hash = (ProtobufCBinaryData){sizeof(ask->request_hash), ask->request_hash};
}

static uint32_t copy_seats(const uint32_t *from, size_t count, uint32_t to[SEATS_PARTY_MAX])
{
    const uint32_t n = count < SEATS_PARTY_MAX ? (uint32_t)count : SEATS_PARTY_MAX;
    if (n > 0)
        memcpy(to, from, n * sizeof(*from));
    return n;
}

static int unpack_holdings(const Usher__V1__OwnerAnswer *answer, struct owner_ask *ask)
{
    ask->holding_count = 0;
    for (size_t i = 0; i < answer->n_holdings && i < ask->holdings_max; i++) {
        const Usher__V1__OwnerHolding *from = answer->holdings[i];
        struct owner_holding *to = &ask->holdings[ask->holding_count++];
        *to = (struct owner_holding){.places = from->places};
        if (id_from_bytes(view_of(from->hold_id.data, from->hold_id.len), &to->hold.hold_id) ||
            id_from_bytes(view_of(from->account_id.data, from->account_id.len),
                          &to->hold.account_id) ||
            id_from_bytes(view_of(from->origin.data, from->origin.len), &to->origin))
            return ERR_UNAVAILABLE;
        to->hold.expires_at_ms = from->expires_at_ms;
        to->hold.count = copy_seats(from->seats, from->n_seats, to->hold.seats);
    }
    return 0;
}

static int unpack_wishes(const Usher__V1__OwnerAnswer *answer, struct owner_ask *ask)
{
    ask->wish_count = 0;
    ask->offer_ms = answer->offer_ms;
    for (size_t i = 0; i < answer->n_wishes && i < ask->wishes_max; i++) {
        const Usher__V1__OwnerWish *from = answer->wishes[i];
        struct owner_wish *to = &ask->wishes[ask->wish_count++];
        *to = (struct owner_wish){.category = from->category,
                                  .section = from->section,
                                  .party = from->party,
                                  .fewest = from->fewest,
                                  .lapses = from->lapses,
                                  .ahead = from->ahead,
                                  .count = from->count,
                                  .offered = from->offered,
                                  .wheelchairs = from->wheelchairs};
        if (id_from_bytes(view_of(from->wish_id.data, from->wish_id.len), &to->wish_id) ||
            id_from_bytes(view_of(from->hold_id.data, from->hold_id.len), &to->hold_id))
            return ERR_UNAVAILABLE;
    }
    return 0;
}

static int unpack_answer(const Usher__V1__OwnerAnswer *answer, struct owner_ask *ask)
{
    if (answer->result > 0 ||
        id_from_bytes(view_of(answer->hold_id.data, answer->hold_id.len), &ask->hold.hold_id) ||
        id_from_bytes(view_of(answer->account_id.data, answer->account_id.len),
                      &ask->hold.account_id))
        return ERR_UNAVAILABLE;
    ask->result = answer->result;
    ask->hold.expires_at_ms = answer->expires_at_ms;
    ask->hold.count = copy_seats(answer->seats, answer->n_seats, ask->hold.seats);
    ask->hold.price_list = answer->price_list;
    for (size_t i = 0; i < answer->n_types && i < SEATS_PARTY_MAX; i++)
        ask->hold.types[i] = (uint8_t)answer->types[i];
    ask->hold.code = answer->code;
    ask->hold.code_index = answer->code_index;
    ask->why = (enum owner_why)answer->why;
    ask->use_count = 0;
    for (size_t i = 0; i < answer->n_code_uses && i < PRICE_CODES_MAX; i++)
        ask->uses[ask->use_count++] =
            (struct owner_use){answer->code_uses[i]->code, answer->code_uses[i]->places};
    for (size_t i = 0; i < answer->n_amounts && i < SEATS_PARTY_MAX; i++)
        ask->amounts[i] = answer->amounts[i];
    ask->total = answer->total;
    ask->at_ms = answer->at_ms;
    ask->now_ms = answer->now_ms;
    ask->until_ms = answer->until_ms;
    ask->as_stored = answer->as_stored;
    ask->version = answer->version;
    ask->refusal.taken_count = copy_seats(answer->taken, answer->n_taken, ask->refusal.taken);
    ask->refusal.nearest_count =
        copy_seats(answer->nearest, answer->n_nearest, ask->refusal.nearest);
    const int err = unpack_wishes(answer, ask);
    return err ? err : unpack_holdings(answer, ask);
}

struct owning {
    struct ticket *ticket;
    uint32_t performance_id;
    const char *url;
};

/* Whether the process at url is, for all that is known, still the owner. */
static bool still_owns(void *arg)
{
    const struct owning *owning = arg;
    char now[COORD_HOLDER_MAX + 1];
    return !tenure_find(owning->ticket, owning->performance_id, now) &&
           (!now[0] || strcmp(now, owning->url) == 0);
}

/* 0: it was answered. ERR_UNAVAILABLE: it was not, or nobody knows. */
static int ask_there(struct elsewhere *e, const char *url, uint32_t performance_id,
                     struct owner_ask *ask, int64_t deadline_ns)
{
    struct owning owning = {e->ticket, performance_id, url};
    struct arena arena;
    struct client client;
    struct packed_ask packed;
    const Usher__V1__OwnerAnswer *answer;
    struct channel *channel = elsewhere_enter(e, url);
    if (!channel)
        return ERR_UNAVAILABLE;
    arena_init(&arena, ARENA_MAX);
    pack_ask(performance_id, ask, &packed);
    client_init(&client, channel, &usher__v1__owner_service__descriptor, &arena);
    client.identity = &elsewhere_peer;
    client.deadline_ns = deadline_ns;
    client.still = still_owns;
    client.still_arg = &owning;
    int err = client_call(&client, Usher__V1__OwnerService, ask, &packed.message, &answer);
    if (err == 0) {
        err = unpack_answer(answer, ask);
    } else {
        (void)forward_unreached("ticket", "Ask", &client.status);
        err = ERR_UNAVAILABLE;
    }
    arena_release(&arena);
    elsewhere_leave(e, channel);
    return err;
}

/* An owner of an earlier usher knows the first prices alone, and does not say what seats cost. */
static void fill_amounts(const struct catalog_performance *performance, struct owner_ask *ask)
{
    const struct price_list *first = catalog_price_list(performance, 0);
    const struct hall *hall = performance->hall->hall;
    const bool unsaid = ask->amounts[0] < 0;
    for (uint32_t i = 0; unsaid && i < ask->hold.count; i++) {
        const uint32_t seat = ask->hold.seats[i];
        ask->amounts[i] =
            seat < hall->place_count ? price_list_amount(first, hall->seats[seat].category) : 0;
    }
}

/* True where asking again can do no harm: the first may have been carried out. */
static bool may_repeat(const struct owner_ask *ask)
{
    return ask->key.len > 0 || ask->verb == OWNER_RELEASE || ask->verb == OWNER_CANCEL ||
           ask->verb == OWNER_MOVE || ask->verb == OWNER_COLLECT || ask->verb == OWNER_SET_SALE ||
           ask->verb == OWNER_EXTEND || ask->verb == OWNER_BLOCK || ask->verb == OWNER_UNBLOCK ||
           ask->verb == OWNER_END_HOLD || ask->verb == OWNER_HOLDINGS ||
           ask->verb == OWNER_PRICES || ask->verb == OWNER_PLAN_PRICES ||
           ask->verb == OWNER_END_PLAN || ask->verb == OWNER_CHOOSE || ask->verb == OWNER_USES ||
           ask->verb == OWNER_SET_WAITING || ask->verb == OWNER_JOIN || ask->verb == OWNER_LEAVE ||
           ask->verb == OWNER_WISHES;
}

static int ask_far(struct elsewhere *e, const char *url,
                   const struct catalog_performance *performance, struct owner_ask *ask,
                   int64_t deadline_ns)
{
    ask->amounts[0] = -1;
    const int err = ask_there(e, url, performance->performance_id, ask, deadline_ns);
    fill_amounts(performance, ask);
    return err;
}

void desk_keep_spans(uint32_t performance_id, const struct owner_ask *ask, int64_t began_ns)
{
    const struct trace *trace = trace_here();
    const int64_t took_ns = clock_mono_ns(clock_system()) - began_ns;
    const bool failed = ask->result == ERR_UNAVAILABLE;
    if (!trace || !spans_want(trace->choice == TRACE_CHOSEN, failed, took_ns))
        return;
    struct span span = {
        .kind = SPAN_INTERNAL,
        .failed = failed,
        .code = -1,
        .began_ns = began_ns,
        .took_ns = took_ns,
        .name = "owner.ask",
        .facts = {{"usher.performance", performance_id}},
    };
    /* A call may ask more than once. */
    trace_fill_inner_span(trace, (uint64_t)began_ns, &span);
    spans_put(&span);
    if (!ask->commit_began_ns)
        return;
    struct span commit = {
        .trace_hi = span.trace_hi,
        .trace_lo = span.trace_lo,
        .id = span.id ^ COMMIT_SPAN,
        .parent = span.id,
        .kind = SPAN_INTERNAL,
        .code = -1,
        .began_ns = ask->commit_began_ns,
        .took_ns = ask->commit_took_ns,
        .name = "owner.commit",
        .facts = {{"usher.performance", performance_id}, {"usher.version", (int64_t)ask->version}},
    };
    spans_put(&commit);
}

static int ask_wherever(struct ticket *ticket, const struct catalog_performance *performance,
                        struct owner_ask *ask, int64_t deadline_ns)
{
    char url[COORD_HOLDER_MAX + 1];
    ask->deadline_ns = deadline_ns;
    if (!ticket->elsewhere)
        return owner_ask(performance->owner, ask);
    int64_t until_ns = deadline_after_ms(fiber_now_ns(), TENURE_WAIT_MS);
    if (until_ns > deadline_ns)
        until_ns = deadline_ns;
    for (;;) {
        int err = 0;
        if (tenure_find(ticket, performance->performance_id, url))
            (void)owner_ask(performance->owner, ask);
        else if (url[0])
            err = ask_far(ticket->elsewhere, url, performance, ask, deadline_ns);
        else
            ask->result = ERR_FENCED;
        if (err != 0)
            ask->result = ERR_UNAVAILABLE;
        if (err == 0 && ask->result != ERR_FENCED)
            return ask->result;
        /* It is changing hands. */
        if ((err != 0 && !may_repeat(ask)) || fiber_now_ns() >= until_ns ||
            fiber_sleep_until(deadline_after_ms(fiber_now_ns(), WAIT_POLL_MS)) != 0)
            break;
    }
    return ask->result = ERR_UNAVAILABLE;
}

int desk_ask(struct ticket *ticket, const struct catalog_performance *performance,
             struct owner_ask *ask, int64_t deadline_ns)
{
    const bool kept = spans_are_open();
    const int64_t began_ns = kept ? clock_mono_ns(clock_system()) : 0;
    const int err = ask_wherever(ticket, performance, ask, deadline_ns);
    if (kept)
        desk_keep_spans(performance->performance_id, ask, began_ns);
    return err;
}

void desk_figures(struct ticket *ticket, const struct catalog_performance *performance,
                  struct owner_figures *ret_figures, int64_t deadline_ns)
{
    char url[COORD_HOLDER_MAX + 1];
    owner_figures(performance->owner, ret_figures);
    if (!ticket->elsewhere || tenure_find(ticket, performance->performance_id, url) || !url[0])
        return;
    struct channel *channel = elsewhere_enter(ticket->elsewhere, url);
    if (!channel)
        return;
    struct arena arena;
    struct client client;
    Usher__V1__GetFiguresRequest wish = USHER__V1__GET_FIGURES_REQUEST__INIT;
    const Usher__V1__Figures *figures;
    arena_init(&arena, ARENA_MAX);
    wish.performance_id = performance->performance_id;
    client_init(&client, channel, &usher__v1__owner_service__descriptor, &arena);
    client.identity = &elsewhere_peer;
    client.timeout_ms = FIGURES_MS;
    client.deadline_ns = deadline_ns;
    const int err = client_call(&client, Usher__V1__OwnerService, get_figures, &wish, &figures);
    if (err == 0)
        *ret_figures = (struct owner_figures){
            .version = figures->version,
            .sale_state = figures->sale_state,
            .counts = desk_read_counts(figures->counts),
            .orders_confirmed = figures->orders_confirmed,
            .orders_cancelled = figures->orders_cancelled,
            .serving = figures->serving,
            .queued = figures->queued,
            .price_list = figures->price_list,
            .offer_ms = figures->offer_ms,
            .comps = figures->comps,
            .to_collect = figures->to_collect,
        };
    for (size_t i = 0; err == 0 && i < figures->n_sold_totals && i < HALL_CATEGORIES_MAX; i++)
        ret_figures->sold_totals[i] = figures->sold_totals[i];
    for (size_t i = 0;
         err == 0 && i < figures->n_type_totals && i < figures->n_type_counts && i < PRICE_NUMBERS;
         i++) {
        ret_figures->type_totals[i] = figures->type_totals[i];
        ret_figures->type_counts[i] = figures->type_counts[i];
    }
    arena_release(&arena);
    elsewhere_leave(ticket->elsewhere, channel);
}

/* ---- beginning and end ---- */

int elsewhere_new(struct ticket *ticket, struct elsewhere **ret_elsewhere)
{
    struct elsewhere *e = calloc(1, sizeof(*e));
    if (!e)
        return ERR_NO_MEMORY;
    e->ticket = ticket;
    e->lanes = calloc(ticket->options.worker_count, sizeof(*e->lanes));
    if (!e->lanes) {
        free(e);
        return ERR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < ticket->options.worker_count; i++) {
        e->lanes[i].ways.open = ticket->options.open_peer;
        e->lanes[i].ways.open_state = ticket->options.open_state;
        scope_init(&e->lanes[i].mirrors);
    }
    *ret_elsewhere = e;
    return 0;
}

static void close_lane(void *arg)
{
    struct lane *lane = arg;
    scope_close(&lane->mirrors);
    ways_close(&lane->ways);
}

void elsewhere_free(struct elsewhere *elsewhere)
{
    if (!elsewhere)
        return;
    for (uint32_t i = 0; i < elsewhere->ticket->options.worker_count; i++) {
        int err =
            worker_call(elsewhere->ticket->options.workers[i], close_lane, &elsewhere->lanes[i]);
        assert(err == 0);
    }
    free(elsewhere->lanes);
    free(elsewhere);
}
