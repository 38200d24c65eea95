/* OwnerService: what other processes ask of the performances that this one owns. */
#include "svc/ticket/bars.h"
#include "svc/ticket/waiting.h"
#include "usher/v1/owner.pb-c.h"

static int unpack_ask(const Usher__V1__OwnerAsk *m, struct owner_ask *ask)
{
    if (m->verb > OWNER_COLLECT || m->wishes_max > TICKET_WAITING_KINDS ||
        m->n_types > SEATS_PARTY_MAX || m->list.len > CHANGE_LIST_MAX ||
        m->holdings_max > TICKET_HOLDINGS_MAX || m->n_seats > SEATS_PARTY_MAX ||
        m->n_areas > SEATS_PARTY_MAX || m->n_left > SEATS_PARTY_MAX || m->key.len > OWNER_KEY_MAX ||
        m->request_hash.len != sizeof(ask->request_hash) ||
        id_from_bytes(view_of(m->account_id.data, m->account_id.len), &ask->account_id) ||
        id_from_bytes(view_of(m->hold_id.data, m->hold_id.len), &ask->hold_id) ||
        id_from_bytes(view_of(m->payment_id.data, m->payment_id.len), &ask->payment_id))
        return ERR_INVALID;
    /* One of an earlier usher says nothing of it. */
    if (id_from_bytes(view_of(m->origin.data, m->origin.len), &ask->origin))
        ask->origin = (struct id){0};
    if (m->person_id.len > 0 &&
        id_from_bytes(view_of(m->person_id.data, m->person_id.len), &ask->person_id))
        return ERR_INVALID;
    ask->paid = m->paid;
    ask->payment_required = m->payment_required;
    ask->until_ms = m->until_ms;
    ask->begins_ms = m->begins_ms;
    ask->verb = (enum owner_verb)m->verb;
    ask->seat_count = (uint32_t)m->n_seats;
    if (m->n_seats > 0)
        memcpy(ask->seats, m->seats, m->n_seats * sizeof(ask->seats[0]));
    ask->left_count = (uint32_t)m->n_left;
    if (m->n_left > 0)
        memcpy(ask->left, m->left, m->n_left * sizeof(ask->left[0]));
    ask->area_count = (uint32_t)m->n_areas;
    for (size_t i = 0; i < m->n_areas; i++)
        ask->areas[i] = (struct owner_area){m->areas[i]->section, m->areas[i]->quantity};
    ask->best = (struct seats_best){.party = m->party,
                                    .category = m->category,
                                    .section = m->section,
                                    .apart = m->apart,
                                    .wheelchairs = m->wheelchairs,
                                    .restricted_view = m->restricted_view};
    ask->sale_state = m->sale_state;
    ask->paying = m->paying;
    ask->starting = m->starting;
    ask->later = m->later;
    ask->reason = view_str(m->reason);
    ask->price_list = m->price_list;
    ask->type_count = (uint32_t)m->n_types;
    ask->code = m->code;
    ask->code_index = m->code_index;
    ask->keeps_code = m->keeps_code;
    ask->fewest = m->fewest;
    ask->offer_ms = m->offer_ms;
    if (m->n_types > 0)
        memcpy(ask->types, m->types, m->n_types * sizeof(ask->types[0]));
    ask->list = view_of(m->list.data, m->list.len);
    ask->payment_method = m->payment_method;
    ask->key = view_of(m->key.data, m->key.len);
    memcpy(ask->request_hash, m->request_hash.data, sizeof(ask->request_hash));
    return 0;
}

/* The seats are copied: an ask is on the handler's stack, an answer in the arena. */
static uint32_t *copy(struct arena *arena, const uint32_t *seats, uint32_t count)
{
    uint32_t *at = arena_alloc(arena, SEATS_PARTY_MAX * sizeof(*at));
    if (at)
        memcpy(at, seats, count * sizeof(*at));
    return at;
}

static int pack_holding(struct arena *arena, const struct owner_holding *from,
                        Usher__V1__OwnerHolding **ret_to)
{
    Usher__V1__OwnerHolding *to = arena_alloc(arena, sizeof(*to));
    uint8_t *ids = arena_alloc(arena, (size_t)3 * ID_BYTES);
    if (!to || !ids)
        return ERR_NO_MEMORY;
    usher__v1__owner_holding__init(to);
    id_to_bytes(from->hold.hold_id, ids);
    id_to_bytes(from->hold.account_id, ids + ID_BYTES);
    id_to_bytes(from->origin, ids + 2 * ID_BYTES);
    to->hold_id = (ProtobufCBinaryData){ID_BYTES, ids};
    to->account_id = (ProtobufCBinaryData){ID_BYTES, ids + ID_BYTES};
    to->origin = (ProtobufCBinaryData){ID_BYTES, ids + 2 * ID_BYTES};
    to->seats = copy(arena, from->hold.seats, from->hold.count);
    to->n_seats = from->hold.count;
    to->expires_at_ms = from->hold.expires_at_ms;
    to->places = from->places;
    *ret_to = to;
    return to->seats ? 0 : ERR_NO_MEMORY;
}

static int pack_holdings(struct arena *arena, const struct owner_ask *ask,
                         Usher__V1__OwnerAnswer *answer)
{
    int err = 0;
    answer->holdings = arena_alloc(arena, (ask->holding_count + 1) * sizeof(*answer->holdings));
    if (!answer->holdings)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; err == 0 && i < ask->holding_count; i++) {
        err = pack_holding(arena, &ask->holdings[i], &answer->holdings[i]);
        answer->n_holdings += err == 0;
    }
    return err;
}

static int pack_wishes(struct arena *arena, const struct owner_ask *ask,
                       Usher__V1__OwnerAnswer *answer)
{
    Usher__V1__OwnerWish *wishes = arena_alloc(arena, (ask->wish_count + 1) * sizeof(*wishes));
    uint8_t *ids = arena_alloc(arena, (size_t)2 * ID_BYTES * (ask->wish_count + 1));
    answer->wishes = arena_alloc(arena, (ask->wish_count + 1) * sizeof(*answer->wishes));
    if (!wishes || !ids || !answer->wishes)
        return ERR_NO_MEMORY;
    answer->offer_ms = ask->offer_ms;
    for (uint32_t i = 0; i < ask->wish_count; i++, ids += 2 * ID_BYTES) {
        const struct owner_wish *from = &ask->wishes[i];
        Usher__V1__OwnerWish *to = answer->wishes[answer->n_wishes++] = &wishes[i];
        usher__v1__owner_wish__init(to);
        id_to_bytes(from->wish_id, ids);
        id_to_bytes(from->hold_id, ids + ID_BYTES);
        to->wish_id = (ProtobufCBinaryData){ID_BYTES, ids};
        to->hold_id = (ProtobufCBinaryData){ID_BYTES, ids + ID_BYTES};
        to->category = from->category;
        to->section = from->section;
        to->party = from->party;
        to->fewest = from->fewest;
        to->lapses = from->lapses;
        to->ahead = from->ahead;
        to->count = from->count;
        to->offered = from->offered;
        to->wheelchairs = from->wheelchairs;
    }
    return 0;
}

/* Only where one of them is not 0. */
static bool pack_types(struct arena *arena, const struct seats_hold *hold,
                       Usher__V1__OwnerAnswer *answer)
{
    bool typed = false;
    for (uint32_t i = 0; i < hold->count; i++)
        typed = typed || hold->types[i] != 0;
    if (!typed)
        return true;
    answer->types = arena_alloc(arena, hold->count * sizeof(*answer->types));
    for (uint32_t i = 0; answer->types && i < hold->count; i++)
        answer->types[answer->n_types++] = hold->types[i];
    return answer->types != NULL;
}

static bool pack_uses(struct arena *arena, const struct owner_ask *ask,
                      Usher__V1__OwnerAnswer *answer)
{
    Usher__V1__CodeUse *uses = arena_alloc(arena, (ask->use_count + 1) * sizeof(*uses));
    answer->code_uses = arena_alloc(arena, (ask->use_count + 1) * sizeof(*answer->code_uses));
    for (uint32_t i = 0; uses && answer->code_uses && i < ask->use_count; i++) {
        usher__v1__code_use__init(&uses[i]);
        uses[i].code = ask->uses[i].code;
        uses[i].places = ask->uses[i].places;
        answer->code_uses[answer->n_code_uses++] = &uses[i];
    }
    return uses && answer->code_uses;
}

static int pack_answer(struct arena *arena, const struct owner_ask *ask,
                       Usher__V1__OwnerAnswer *answer)
{
    uint8_t *hold_id = arena_alloc(arena, ID_BYTES);
    uint8_t *account_id = arena_alloc(arena, ID_BYTES);
    answer->seats = copy(arena, ask->hold.seats, ask->hold.count);
    answer->taken = copy(arena, ask->refusal.taken, ask->refusal.taken_count);
    answer->nearest = copy(arena, ask->refusal.nearest, ask->refusal.nearest_count);
    answer->amounts = arena_alloc(arena, sizeof(ask->amounts));
    if (!hold_id || !account_id || !answer->seats || !answer->taken || !answer->nearest ||
        !answer->amounts || !pack_types(arena, &ask->hold, answer) ||
        (ask->use_count > 0 && !pack_uses(arena, ask, answer)))
        return ERR_NO_MEMORY;
    memcpy(answer->amounts, ask->amounts, sizeof(ask->amounts));
    answer->n_amounts = ask->hold.count;
    answer->price_list = ask->hold.price_list;
    answer->code = ask->hold.code;
    answer->code_index = ask->hold.code_index;
    answer->why = ask->why;
    id_to_bytes(ask->hold.hold_id, hold_id);
    id_to_bytes(ask->hold.account_id, account_id);
    answer->result = ask->result;
    answer->hold_id = (ProtobufCBinaryData){ID_BYTES, hold_id};
    answer->account_id = (ProtobufCBinaryData){ID_BYTES, account_id};
    answer->expires_at_ms = ask->hold.expires_at_ms;
    answer->n_seats = ask->hold.count;
    answer->total = ask->total;
    answer->at_ms = ask->at_ms;
    answer->now_ms = ask->now_ms;
    answer->until_ms = ask->until_ms;
    answer->as_stored = ask->as_stored;
    answer->version = ask->version;
    answer->n_taken = ask->refusal.taken_count;
    answer->n_nearest = ask->refusal.nearest_count;
    const int err = pack_wishes(arena, ask, answer);
    return err ? err : pack_holdings(arena, ask, answer);
}

/* It is answered from here alone: an ask is never passed on twice. */
int ticket_owner_ask(struct call *call, const void *request, void *response)
{
    const Usher__V1__OwnerAsk *message = request;
    const struct catalog_performance *performance = desk_performance(call, message->performance_id);
    struct owner_ask ask = {0};
    if (!performance)
        return ERR_NOT_FOUND;
    if (unpack_ask(message, &ask) != 0)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "verb",
                         "this ask is of another version of usher");
    ask.holdings_max = message->holdings_max;
    ask.holdings =
        arena_alloc(call_arena(call), ((size_t)ask.holdings_max + 1) * sizeof(*ask.holdings));
    ask.wishes_max = message->wishes_max;
    ask.wishes = arena_alloc(call_arena(call), ((size_t)ask.wishes_max + 1) * sizeof(*ask.wishes));
    ask.record = arena_alloc(call_arena(call), STORE_MOVED_MAX);
    if (!ask.holdings || !ask.wishes || !ask.record)
        return desk_store_failed(call, ERR_NO_MEMORY);
    const int64_t began_ns = clock_mono_ns(clock_system());
    (void)owner_ask(performance->owner, &ask);
    desk_keep_spans(performance->performance_id, &ask, began_ns);
    int err = pack_answer(call_arena(call), &ask, response);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

int ticket_owner_figures(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetFiguresRequest *wish = request;
    Usher__V1__Figures *answer = response;
    const struct catalog_performance *performance = desk_performance(call, wish->performance_id);
    Usher__V1__Counts *counts = arena_alloc(call_arena(call), sizeof(*counts));
    struct owner_figures figures;
    if (!performance)
        return ERR_NOT_FOUND;
    if (!counts)
        return desk_store_failed(call, ERR_NO_MEMORY);
    owner_figures(performance->owner, &figures);
    desk_fill_counts(&figures.counts, counts);
    answer->version = figures.version;
    answer->sale_state = (Usher__V1__SaleState)figures.sale_state;
    answer->counts = counts;
    answer->orders_confirmed = figures.orders_confirmed;
    answer->orders_cancelled = figures.orders_cancelled;
    answer->serving = figures.serving;
    answer->queued = figures.queued;
    answer->price_list = figures.price_list;
    answer->offer_ms = figures.offer_ms;
    answer->n_sold_totals = performance->hall->hall->category_count;
    answer->sold_totals =
        arena_alloc(call_arena(call), answer->n_sold_totals * sizeof(*answer->sold_totals));
    answer->comps = figures.comps;
    answer->to_collect = figures.to_collect;
    answer->n_type_totals = answer->n_type_counts = PRICE_NUMBERS;
    answer->type_totals = arena_alloc(call_arena(call), sizeof(figures.type_totals));
    answer->type_counts = arena_alloc(call_arena(call), sizeof(figures.type_counts));
    if (!answer->sold_totals || !answer->type_totals || !answer->type_counts)
        return desk_store_failed(call, ERR_NO_MEMORY);
    memcpy(answer->type_totals, figures.type_totals, sizeof(figures.type_totals));
    memcpy(answer->type_counts, figures.type_counts, sizeof(figures.type_counts));
    memcpy(answer->sold_totals, figures.sold_totals,
           answer->n_sold_totals * sizeof(*answer->sold_totals));
    return 0;
}
