/* A ticket is scanned at a door, or was without the network. */
#include <inttypes.h>
#include <string.h>

#include "chance/chance.h"
#include "mem/id.h"
#include "svc/gateway/scanning.h"

#define LISTS_MAX 20 /* of one scan */

struct redeeming {
    struct visit *v;
    const char *secret, *nonce;
    bool exit, forced;
    int64_t at_ms; /* of the scan; 0: now */
    char own_nonce[ID_TEXT_CHARS + 1];
};

/* How pretix calls what our door answers. NULL: it let the ticket through. */
static const char *reason_of(Usher__V1__CheckInResult result)
{
    switch (result) {
    case USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_OK:
        return NULL;
    case USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_CANCELED:
        return "canceled";
    case USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_REVOKED:
        return "revoked";
    case USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_ALREADY_REDEEMED:
        return "already_redeemed";
    case USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_UNPAID:
        return "unpaid";
    case USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_BLOCKED:
        return "blocked";
    case USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_INVALID_TIME:
        return "invalid_time";
    case USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_EXPIRED:
    case USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_NOT_INSIDE:
        return "rules";
    default:
        return "invalid";
    }
}

static bool is_known(Usher__V1__CheckInResult result)
{
    return result != USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_INVALID &&
           result != USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_WRONG_PERFORMANCE;
}

/* What pretix has no word for, in a sentence; null: the reason says it all. */
static json_t *explanation_of(const Usher__V1__CheckInResponse *r)
{
    switch (r->result) {
    case USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_WRONG_PERFORMANCE:
        return json_string("다른 회차의 티켓입니다 / Another performance");
    case USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_EXPIRED:
        return json_string("오래된 코드 사진입니다 / An old picture of a code");
    case USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_NOT_INSIDE:
        return json_string("입장한 적이 없습니다 / Was not inside");
    case USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_BLOCKED:
        return json_string(r->block_reason);
    default:
        return json_null();
    }
}

static json_t *texts_of(const Usher__V1__PriceType *type)
{
    return type && type->proof
               ? json_pack("[o]", json_sprintf("%s / %s", type->korean, type->english))
               : json_array();
}

static void answer_scan(struct redeeming *r, const Usher__V1__Performance *p,
                        const Usher__V1__CheckInResponse *said)
{
    const bool let_in = r->forced && is_known(said->result);
    const char *reason = let_in ? NULL : reason_of(said->result);
    const bool attention = said->price_type && said->price_type->proof;
    const struct position position = {
        .performance_id = p->performance_id,
        .category = said->category,
        .seat = said->seat,
        .order_id = said->order_id,
        .order_number = said->order_number,
        .label = said->label,
        .name = said->name,
        .secret = r->secret,
        .price_type = said->price_type,
        .inside_at_ms = said->first_in_at_ms, /* as it was before this scan */
        .canceled = said->result == USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_CANCELED,
        .blocked = said->result == USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_BLOCKED,
        .unpaid = said->result == USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_UNPAID};
    json_t *json = json_pack("{s:s,s:b,s:o,s:o}", "status", reason ? "error" : "ok",
                             "require_attention", attention, "checkin_texts",
                             texts_of(said->price_type), "list", scanning_list_of(p));
    if (json && reason) {
        json_object_set_new(json, "reason", json_string(reason));
        json_object_set_new(json, "reason_explanation", explanation_of(said));
    }
    if (json && is_known(said->result))
        json_object_set_new(json, "position", scanning_position(&position, true));
    else if (json)
        json_object_set_new(json, "detail", json_string("Not found."));
    visit_answer(r->v, !reason ? 201 : is_known(said->result) ? 400 : 404, json);
}

/* Asks the door. NULL: it refused the call, as the answer says. */
static const Usher__V1__CheckInResponse *check_in(struct redeeming *r, uint32_t performance_id)
{
    Usher__V1__CheckInRequest ask = USHER__V1__CHECK_IN_REQUEST__INIT;
    const Usher__V1__CheckInResponse *said;
    struct client door = visit_client(r->v, &usher__v1__door_service__descriptor);
    ask.code = (char *)r->secret;
    ask.performance_id = performance_id;
    ask.nonce = (char *)r->nonce;
    ask.gate = r->v->device->gate;
    ask.direction =
        r->exit ? USHER__V1__DIRECTION__DIRECTION_OUT : USHER__V1__DIRECTION__DIRECTION_IN;
    if (client_call(&door, Usher__V1__DoorService, check_in, &ask, &said) == 0)
        return said;
    if (door.status.code == CODE_INVALID_ARGUMENT)
        visit_answer(r->v, 400, json_pack("{s:[s]}", "nonce", door.status.message));
    else
        visit_failed(r->v, &door.status);
    return NULL;
}

/* Tells the door of a scan that it did not hear of. As check_in. */
static const Usher__V1__CheckInResponse *upload(struct redeeming *r, uint32_t performance_id,
                                                Usher__V1__CheckInResult answered)
{
    Usher__V1__Scan scan = USHER__V1__SCAN__INIT;
    Usher__V1__Scan *scans[] = {&scan};
    Usher__V1__UploadScansRequest ask = USHER__V1__UPLOAD_SCANS_REQUEST__INIT;
    const Usher__V1__UploadScansResponse *said;
    struct client door = visit_client(r->v, &usher__v1__door_service__descriptor);
    scan.code = (char *)r->secret;
    scan.nonce = (char *)r->nonce;
    scan.gate = r->v->device->gate;
    scan.device = r->v->device->name;
    scan.direction =
        r->exit ? USHER__V1__DIRECTION__DIRECTION_OUT : USHER__V1__DIRECTION__DIRECTION_IN;
    scan.at_ms = r->at_ms ? r->at_ms : scanning_now_ms();
    scan.answered = answered;
    ask.performance_id = performance_id;
    ask.scans = scans;
    ask.n_scans = 1;
    if (client_call(&door, Usher__V1__DoorService, upload_scans, &ask, &said) == 0 &&
        said->n_results == 1)
        return said->results[0];
    visit_failed(r->v, &door.status);
    return NULL;
}

/* What the request says of the scan. False: not enough, as the answer says. */
static bool read_scan(struct visit *v, const char *secret_field, struct redeeming *r)
{
    const char *type = visit_text(v, "type");
    *r = (struct redeeming){.v = v,
                            .secret = visit_text(v, secret_field),
                            .nonce = visit_text(v, "nonce"),
                            .exit = strcmp(type, "exit") == 0,
                            .forced = json_is_true(json_object_get(v->body, "force")),
                            .at_ms = scanning_read_time(visit_text(v, "datetime"))};
    if (type[0] && !r->exit && strcmp(type, "entry") != 0) {
        visit_answer(
            v, 400,
            json_pack("{s:[o]}", "type", json_sprintf("\"%s\" is not a valid choice.", type)));
        return false;
    }
    if (!r->nonce[0]) { /* whoever sends none does not ask again */
        id_format(chance_id(chance_system()), r->own_nonce);
        r->nonce = r->own_nonce;
    }
    return true;
}

static void redeem_at(struct redeeming *r, const Usher__V1__Performance *const *lists, size_t count)
{
    const Usher__V1__CheckInResponse *said = NULL;
    size_t i = 0;
    do {
        said = r->forced ? upload(r, lists[i]->performance_id,
                                  USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_OK)
                         : check_in(r, lists[i]->performance_id);
    } while (said &&
             said->result == USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_WRONG_PERFORMANCE &&
             ++i < count);
    if (said)
        answer_scan(r, lists[i < count ? i : 0], said);
}

static void redeem_one(struct redeeming *r, struct view list)
{
    const Usher__V1__Performance *p = visit_performance(r->v, list);
    if (p)
        redeem_at(r, &p, 1);
}

/* Whether the body has these fields, not empty; if not, the answer says which it has not. */
static bool has_fields(struct visit *v, const char *const *names, size_t count)
{
    json_t *missing = json_object();
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(v->body, names[i]);
        if (!value || (json_is_string(value) && json_string_length(value) == 0))
            json_object_set_new(missing, names[i], json_pack("[s]", "This field is required."));
    }
    if (json_object_size(missing) > 0) {
        visit_answer(v, 400, missing);
        return false;
    }
    json_decref(missing);
    return true;
}

/* The performances that the request names. 0: not all are, as the answer says. */
static size_t read_lists(struct visit *v, const Usher__V1__Performance *lists[LISTS_MAX])
{
    const json_t *wanted = json_object_get(v->body, "lists");
    const size_t count = json_array_size(wanted);
    if (count == 0 || count > LISTS_MAX) {
        visit_answer(v, 400, json_pack("{s:[s]}", "lists", "This list may not be empty."));
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        const json_int_t id = json_integer_value(json_array_get(wanted, i));
        const char *text = arena_printf(v->ask->arena, "%" JSON_INTEGER_FORMAT, id);
        lists[i] = visit_performance(v, view_str(text ? text : ""));
        if (!lists[i]) {
            visit_answer(v, 400,
                         json_pack("{s:[o]}", "lists",
                                   json_sprintf("Invalid pk \"%" JSON_INTEGER_FORMAT
                                                "\" - object does not exist.",
                                                id)));
            return 0;
        }
    }
    return count;
}

void visit_redeem(struct visit *v, struct view list, struct view secret)
{
    static const char *const needed[] = {"lists", "secret"};
    const Usher__V1__Performance *lists[LISTS_MAX];
    struct redeeming r;
    if (!read_scan(v, "secret", &r))
        return;
    if (list.len > 0) {
        r.secret = arena_copy(v->ask->arena, secret);
        redeem_one(&r, list);
        return;
    }
    const size_t count = has_fields(v, needed, 2) ? read_lists(v, lists) : 0;
    if (count > 0)
        redeem_at(&r, lists, count);
}

/* Our result for a reason of pretix. */
static Usher__V1__CheckInResult result_of(const char *reason)
{
    for (int i = USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_INVALID;
         i <= USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_INVALID_TIME; i++) {
        const char *own = reason_of((Usher__V1__CheckInResult)i);
        if (strcmp(own, reason) == 0)
            return (Usher__V1__CheckInResult)i;
    }
    return USHER__V1__CHECK_IN_RESULT__CHECK_IN_RESULT_INVALID;
}

void visit_failed_scan(struct visit *v, const Usher__V1__Performance *p)
{
    static const char *const needed[] = {"error_reason", "raw_barcode"};
    static const char *const more[] = {"error_explanation", "raw_item", "raw_variation",
                                       "raw_subevent",      "position", "nonce"};
    struct redeeming r;
    if (!has_fields(v, needed, 2) || !read_scan(v, "raw_barcode", &r) ||
        !upload(&r, p->performance_id, result_of(visit_text(v, "error_reason"))))
        return;
    json_t *told = json_deep_copy(v->body);
    for (size_t i = 0; told && i < sizeof(more) / sizeof(more[0]); i++) {
        if (!json_object_get(told, more[i]))
            json_object_set_new(told, more[i], json_null());
    }
    if (told && !json_object_get(told, "raw_source_type"))
        json_object_set_new(told, "raw_source_type", json_string("barcode"));
    visit_answer(v, 201, told);
}
