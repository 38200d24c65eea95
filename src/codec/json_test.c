#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/any.h"
#include "codec/json.h"
#include "err/err.h"
#include "google/rpc/status.pb-c.h"
#include "usher/v1/ledger.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define ARENA_MAX (256u << 10)

static void *read_ok(struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
                     const char *text)
{
    ProtobufCMessage *message = NULL;
    struct json_error error = {0};
    int err = json_read(descriptor, view_str(text), arena, &message, &error);
    if (err)
        fail_msg("%s: %s: %s", text, error.path, error.text);
    return message;
}

static void assert_refused(const ProtobufCMessageDescriptor *descriptor, const char *text,
                           const char *path, const char *why)
{
    struct arena arena;
    struct json_error error = {0};
    ProtobufCMessage *message = (ProtobufCMessage *)&arena;
    arena_init(&arena, ARENA_MAX);
    int err = json_read(descriptor, view_str(text), &arena, &message, &error);
    if (err != ERR_INVALID)
        fail_msg("%s: gave %s", text, err_name(err));
    assert_ptr_equal(message, &arena);
    assert_string_equal(error.path, path);
    if (!strstr(error.text, why))
        fail_msg("%s: \"%s\" does not say \"%s\"", text, error.text, why);
    arena_release(&arena);
}

static void assert_writes(const void *message, const char *text)
{
    struct buf b;
    buf_init(&b, 64u << 10);
    assert_int_equal(json_write(message, &b), 0);
    assert_int_equal(buf_append_byte(&b, '\0'), 0);
    assert_string_equal(buf_view(&b).at, text);
    buf_release(&b);
}

static void names_go_out_in_camel_case_and_come_in_both(void **state)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    const Usher__V1__HoldSeatsRequest *r = read_ok(
        &arena, &usher__v1__hold_seats_request__descriptor,
        "{\"performance_id\": 7, \"seats\": [1, \"2\", 3.0, 4e0], \"idempotencyKey\": \"k\","
        " \"areas\": [{\"section\": 2, \"quantity\": 1}]}");
    assert_int_equal(r->performance_id, 7);
    assert_int_equal(r->n_seats, 4);
    assert_int_equal(r->seats[3], 4);
    assert_writes(r, "{\"performanceId\":7,\"seats\":[1,2,3,4],\"areas\":[{\"section\":2,"
                     "\"quantity\":1}],\"idempotencyKey\":\"k\"}");
    arena_release(&arena);
}

static void sixty_four_bits_go_out_as_strings(void **state)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    const Usher__V1__Hold *h =
        read_ok(&arena, &usher__v1__hold__descriptor,
                "{\"total\": -9223372036854775808, \"version\": \"18446744073709551615\","
                " \"expiresAtMs\": \"9223372036854775807\"}");
    assert_true(h->total == INT64_MIN && h->version == UINT64_MAX && h->expires_at_ms == INT64_MAX);
    assert_writes(h, "{\"expiresAtMs\":\"9223372036854775807\",\"total\":\"-9223372036854775808\","
                     "\"version\":\"18446744073709551615\"}");
    arena_release(&arena);
}

static void enums_have_names_and_numbers(void **state)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    const Usher__V1__Order *o =
        read_ok(&arena, &usher__v1__order__descriptor,
                "{\"state\": \"ORDER_STATE_CANCELLED\", \"paymentMethod\": 1}");
    assert_int_equal(o->state, 2);
    assert_writes(o, "{\"state\":\"ORDER_STATE_CANCELLED\","
                     "\"paymentMethod\":\"PAYMENT_METHOD_BOX_OFFICE\"}");
    /* Enums of proto3 are open: a number without a name stays. */
    o = read_ok(&arena, &usher__v1__order__descriptor, "{\"state\": 99}");
    assert_writes(o, "{\"state\":99}");
    arena_release(&arena);
}

static void a_chosen_default_is_not_lost(void **state)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    const Usher__V1__HoldBestRequest *r = read_ok(&arena, &usher__v1__hold_best_request__descriptor,
                                                  "{\"category\": 0, \"section\": null}");
    assert_int_equal(r->category_choice_case,
                     USHER__V1__HOLD_BEST_REQUEST__CATEGORY_CHOICE_CATEGORY);
    assert_int_equal(r->section_choice_case, 0);
    assert_writes(r, "{\"category\":0}");
    arena_release(&arena);
}

static void bytes_come_in_both_alphabets(void **state)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    const Usher__V1__SeatsSnapshot *s =
        read_ok(&arena, &usher__v1__seats_snapshot__descriptor, "{\"states\": \"-_-__g\"}");
    assert_int_equal(s->states.len, 4);
    assert_writes(s, "{\"states\":\"+/+//g==\"}");
    arena_release(&arena);
}

static void null_is_absent(void **state)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    const Usher__V1__HoldSeatsRequest *r =
        read_ok(&arena, &usher__v1__hold_seats_request__descriptor,
                " { \"performanceId\" : null, \"seats\": null, \"idempotencyKey\": null\n}\t");
    assert_int_equal(r->performance_id, 0);
    assert_int_equal(r->n_seats, 0);
    assert_string_equal(r->idempotency_key, "");
    assert_writes(r, "{}");
    arena_release(&arena);
}

static void strings_are_escaped_and_mended(void **state)
{
    Usher__V1__CreateEventRequest r = USHER__V1__CREATE_EVENT_REQUEST__INIT;
    r.name = "\"\\\b\f\n\r\t\x01\x7f/ \xec\xa2\x8c";
    assert_writes(&r, "{\"name\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u007f/ \xec\xa2\x8c\"}");
    r.name = "a\xff"
             "b\xc0\x80\xed\xa0\x80";
    assert_writes(&r, "{\"name\":\"a\xef\xbf\xbd"
                      "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                      "\xef\xbf\xbd\"}");
}

static void wrong_values_are_refused_by_name(void **state)
{
    const ProtobufCMessageDescriptor *hold = &usher__v1__hold_seats_request__descriptor;
    assert_refused(hold, "{\"performanceID\": 1}", "performanceID",
                   "is no field of HoldSeatsRequest");
    assert_refused(hold, "{\"areas\": [{\"amount\": 1}]}", "areas[0].amount", "is no field of");
    assert_refused(hold, "{\"performanceId\": \"x\"}", "performance_id", "whole number from 0");
    assert_refused(hold, "{\"performanceId\": -1}", "performance_id", "whole number from 0");
    assert_refused(hold, "{\"performanceId\": 4294967296}", "performance_id", "4294967295");
    assert_refused(hold, "{\"performanceId\": 1.5}", "performance_id", "whole number");
    assert_refused(hold, "{\"performanceId\": 1e300}", "performance_id", "whole number");
    assert_refused(hold, "{\"performanceId\": true}", "performance_id", "whole number");
    assert_refused(hold, "{\"performanceId\": \" 1\"}", "performance_id", "whole number");
    assert_refused(hold, "{\"performanceId\": [1]}", "performance_id", "whole number");
    assert_refused(hold, "{\"seats\": 1}", "seats", "wants a list");
    assert_refused(hold, "{\"seats\": [1, null]}", "seats[1]", "whole number");
    assert_refused(hold, "{\"areas\": [{}, {\"quantity\": \"\"}]}", "areas[1].quantity", "whole");
    assert_refused(hold, "{\"areas\": [7]}", "areas[0]", "wants an object");
    assert_refused(hold, "{\"idempotencyKey\": 7}", "idempotency_key", "wants a string");
    assert_refused(&usher__v1__hold__descriptor, "{\"total\": \"9223372036854775808\"}", "total",
                   "9223372036854775807");
    assert_refused(&usher__v1__order__descriptor, "{\"state\": \"SOLD\"}", "state",
                   "\"SOLD\" is no value of OrderState");
    assert_refused(&usher__v1__order__descriptor, "{\"state\": 4294967296}", "state", "2147483647");
    assert_refused(&usher__v1__seats_snapshot__descriptor, "{\"states\": \"A\"}", "states",
                   "base64");
    assert_refused(&usher__v1__hold_best_request__descriptor, "{\"apart\": 1}", "apart", "true or");
}

static void twice_is_once_too_often(void **state)
{
    assert_refused(&usher__v1__hold_seats_request__descriptor, "{\"seats\": [], \"seats\": []}", "",
                   "duplicate");
    assert_refused(&usher__v1__hold_seats_request__descriptor,
                   "{\"performanceId\": 1, \"performance_id\": 1}", "performance_id",
                   "both spellings");
    assert_refused(&usher__v1__seats_update__descriptor, "{\"snapshot\": {}, \"delta\": {}}",
                   "delta", "oneof");
}

static void what_is_not_json_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "{",
        "{}}",
        "{} x",
        "nul",
        "{\"a\": NaN}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":1,}",
        "{'a':1}",
        "\xff",
        "{\"a\":\"\xc3\x28\"}",
        "//",
        "{\"a\":+1}",
        "{\"a\":\"\n\"}",
        "{\"a\":1e999}",
        "{\"a\":\"\\ud800\"}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_refused(&usher__v1__hold__descriptor, bad[i], "", "is not JSON");
    assert_refused(&usher__v1__hold__descriptor, "{\"a\":\"\\u0000\"}", "", "NUL in a string");
    assert_refused(&usher__v1__hold__descriptor, "{\"a\\u0000\":1}", "", "NUL in a string");
    assert_refused(&usher__v1__hold__descriptor, "[]", "", "wants an object");
    assert_refused(&usher__v1__hold__descriptor, "null", "", "wants an object");
}

static void depth_is_bounded_before_anything_else(void **state)
{
    char deep[5000];
    memset(deep, '[', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = '\0';
    assert_refused(&usher__v1__hold__descriptor, deep, "", "nested deeper");
    /* Brackets in strings do not count, nor does an escaped quote end one. */
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    memset(deep + 10, '[', 60);
    memcpy(deep, "{\"name\":\"\\\"", 11);
    memcpy(deep + 70, "\"}", 3);
    const Usher__V1__CreateEventRequest *r =
        read_ok(&arena, &usher__v1__create_event_request__descriptor, deep);
    assert_int_equal(strlen(r->name), 60);
    arena_release(&arena);
}

/* google.rpc.Any is laid out as google.protobuf.Any is. */
static void an_any_is_what_it_holds(void **state)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &usher__v1__hold_seats_request__descriptor, &google__rpc__status__descriptor};
    static const char text[] =
        "{\"details\":[{\"@type\":\"type.googleapis.com/usher.v1.HoldSeatsRequest\","
        "\"performanceId\":7,\"seats\":[1,2]},{\"@type\":\"x/google.rpc.Status\",\"details\":"
        "[{\"@type\":\"/google.rpc.Status\",\"code\":3}]},{}]}";
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    any_know(&google__rpc__any__descriptor, types, 2);
    const Google__Rpc__Status *status = read_ok(&arena, &google__rpc__status__descriptor, text);
    assert_int_equal(status->n_details, 3);
    assert_string_equal(status->details[0]->type_url,
                        "type.googleapis.com/usher.v1.HoldSeatsRequest");
    assert_int_equal(status->details[0]->value.len, 6);
    assert_memory_equal(status->details[0]->value.data, "\x08\x07\x12\x02\x01\x02", 6);
    assert_writes(status, text);
    assert_refused(&google__rpc__status__descriptor, "{\"details\":[{\"@type\":\"x/y.Z\"}]}",
                   "details[0]", "wants an \"@type\" that is known here");
    assert_refused(&google__rpc__status__descriptor, "{\"details\":[{\"code\":3}]}", "details[0]",
                   "wants an \"@type\"");
    assert_refused(&google__rpc__status__descriptor,
                   "{\"details\":[{\"@type\":\"google.rpc.Status\"}]}", "details[0]", "wants an");
    assert_refused(&google__rpc__status__descriptor,
                   "{\"details\":[{\"@type\":\"x/google.rpc.Status\",\"coda\":3}]}",
                   "details[0].coda", "is no field");
    arena_release(&arena);
    any_know(NULL, NULL, 0);
}

/* Bytes hold bytes hold bytes: it ends before the stack does. */
static void anys_in_anys_have_an_end(void **state)
{
    static const ProtobufCMessageDescriptor *const types[] = {&google__rpc__status__descriptor};
    struct arena arena;
    struct buf b;
    arena_init(&arena, ARENA_MAX);
    buf_init(&b, 64u << 10);
    any_know(&google__rpc__any__descriptor, types, 1);
    ProtobufCMessage *status = proto_new(&google__rpc__status__descriptor, &arena);
    for (int depth = 0; depth <= JSON_DEPTH_MAX; depth++) {
        assert_int_equal(json_write(status, &b), 0);
        Google__Rpc__Any *any =
            (Google__Rpc__Any *)proto_new(&google__rpc__any__descriptor, &arena);
        any->type_url = (char *)"x/google.rpc.Status";
        any->value.len = protobuf_c_message_get_packed_size(status);
        any->value.data = arena_alloc(&arena, any->value.len);
        protobuf_c_message_pack(status, any->value.data);
        Google__Rpc__Status *around =
            (Google__Rpc__Status *)proto_new(&google__rpc__status__descriptor, &arena);
        around->details = arena_alloc(&arena, sizeof(*around->details));
        around->details[around->n_details++] = any;
        status = &around->base;
    }
    assert_int_equal(json_write(status, &b), ERR_INVALID);
    any_know(NULL, NULL, 0);
    buf_release(&b);
    arena_release(&arena);
}

static void limits_are_kept(void **state)
{
    struct arena arena;
    struct json_error error;
    ProtobufCMessage *message;
    struct buf b;
    arena_init(&arena, 64);
    assert_int_equal(
        json_read(&usher__v1__hold__descriptor, VIEW_LIT("{}"), &arena, &message, &error),
        ERR_FULL);
    arena_release(&arena);
    Usher__V1__CreateEventRequest r = USHER__V1__CREATE_EVENT_REQUEST__INIT;
    r.name = "a name";
    for (size_t max = 0; max < 17; max++) {
        buf_init(&b, max);
        assert_int_equal(json_write(&r.base, &b), ERR_FULL);
        assert_true(b.len <= max);
        buf_release(&b);
    }
    buf_init(&b, 17);
    assert_int_equal(json_write(&r.base, &b), 0);
    assert_int_equal(b.len, 17);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_out_in_camel_case_and_come_in_both),
        cmocka_unit_test(sixty_four_bits_go_out_as_strings),
        cmocka_unit_test(enums_have_names_and_numbers),
        cmocka_unit_test(a_chosen_default_is_not_lost),
        cmocka_unit_test(bytes_come_in_both_alphabets),
        cmocka_unit_test(null_is_absent),
        cmocka_unit_test(strings_are_escaped_and_mended),
        cmocka_unit_test(wrong_values_are_refused_by_name),
        cmocka_unit_test(twice_is_once_too_often),
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(depth_is_bounded_before_anything_else),
        cmocka_unit_test(an_any_is_what_it_holds),
        cmocka_unit_test(anys_in_anys_have_an_end),
        cmocka_unit_test(limits_are_kept),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
