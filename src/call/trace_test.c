#include "call/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fiber/fiber.h"
#include "observe/log.h"
#include "observe/spans.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static struct arena arena;

static struct trace of(const char *request_id, const char *parent)
{
    struct trace_source source = {.seed = {0x1122334455667788, 99}};
    struct trace trace = {.made = trace_next(&source)};
    struct metadata *received = NULL;
    if (request_id)
        assert_int_equal(metadata_add(&received, &arena, TRACE_REQUEST_ID, view_str(request_id)),
                         0);
    if (parent)
        assert_int_equal(metadata_add(&received, &arena, TRACE_PARENT, view_str(parent)), 0);
    trace_take(&trace, received);
    return trace;
}

static bool takes_id(const char *text)
{
    char made[TRACE_REQUEST_ID_MAX + 1];
    const struct trace trace = of(text, NULL);
    return view_eq(trace_request_id(&trace, made), view_str(text));
}

static void a_request_id_is_taken_where_it_is_well_formed(void **state)
{
    char long_id[TRACE_REQUEST_ID_MAX + 2] = "";
    memset(long_id, 'x', TRACE_REQUEST_ID_MAX);
    assert_true(takes_id("a") && takes_id("7f3a-09_B.z") && takes_id(long_id));
    long_id[TRACE_REQUEST_ID_MAX] = 'x';
    assert_false(takes_id(long_id) || takes_id("") || takes_id("a b") || takes_id("a\"b"));
}

static void one_is_made_where_none_came(void **state)
{
    struct trace_source source = {.seed = {1, 2}};
    char first[TRACE_REQUEST_ID_MAX + 1], second[TRACE_REQUEST_ID_MAX + 1];
    const struct trace a = {.made = trace_next(&source)}, b = {.made = trace_next(&source)};
    assert_int_equal(trace_request_id(&a, first).len, ID_TEXT_CHARS);
    assert_int_equal(trace_request_id(&b, second).len, ID_TEXT_CHARS);
    assert_string_not_equal(first, second);
    assert_int_equal(trace_request_id(NULL, first).len, 0);
    assert_int_equal(trace_request_id(&(struct trace){0}, first).len, 0);
}

static bool takes_parent(const char *text)
{
    return of(NULL, text).parent.len > 0;
}

static void a_traceparent_is_taken_where_it_is_well_formed(void **state)
{
    assert_true(takes_parent(PARENT));
    assert_true(takes_parent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
    assert_false(takes_parent(PARENT "-more"));
    assert_false(takes_parent("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    assert_false(takes_parent("00-00000000000000000000000000000000-b7ad6b7169203331-01"));
    assert_false(takes_parent("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"));
    assert_false(takes_parent("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"));
    assert_false(takes_parent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"));
}

static void the_next_hop_has_the_same_trace_and_flags(void **state)
{
    char next[TRACE_PARENT_CHARS + 1];
    struct trace trace = of(NULL, PARENT);
    assert_int_equal(trace_write_parent(&trace, next).len, TRACE_PARENT_CHARS);
    assert_memory_equal(next, PARENT, 36);
    assert_memory_not_equal(next + 36, &PARENT[36], 16); /* this call is the parent now */
    assert_string_equal(next + 52, "-01");
    /* Flags without a meaning do not go on; what is not sampled stays so. */
    trace = of(NULL, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fe");
    trace_write_parent(&trace, next);
    assert_string_equal(next + 52, "-02");
    trace = of(NULL, NULL);
    trace_write_parent(&trace, next);
    assert_string_equal(next + 52, "-00");
    assert_true(takes_parent(next)); /* what is made is well-formed */
}

/* The flag of the next hop's traceparent. */
static const char *flag_of(const struct trace *trace)
{
    static char next[TRACE_PARENT_CHARS + 1];
    trace_write_parent(trace, next);
    return next + 53;
}

static void the_edge_chooses_and_the_others_follow(void **state)
{
    static const char left_out[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    struct trace trace = of(NULL, PARENT);
    trace_choose(&trace, false);
    assert_int_equal(trace.choice, TRACE_AS_IT_CAME); /* nobody keeps spans here */
    assert_string_equal(flag_of(&trace), "01");
    assert_int_equal(spans_open(0, INT64_MAX, 1u << SPANS_FOR_COLLECTOR), 0);
    trace_choose(&trace, false); /* a stranger's flag chooses nothing */
    assert_int_equal(trace.choice, TRACE_LEFT_OUT);
    assert_string_equal(flag_of(&trace), "00");
    trace_choose(&trace, true);
    assert_int_equal(trace.choice, TRACE_CHOSEN);
    assert_string_equal(flag_of(&trace), "01");
    spans_close();
    assert_int_equal(spans_open(SPANS_SHARE_ALL, INT64_MAX, 1u << SPANS_FOR_COLLECTOR), 0);
    trace = of(NULL, left_out);
    trace_choose(&trace, true);
    assert_int_equal(trace.choice, TRACE_LEFT_OUT);
    trace_choose(&trace, false);
    assert_int_equal(trace.choice, TRACE_CHOSEN);
    assert_string_equal(flag_of(&trace), "01");
    trace = of(NULL, NULL);
    trace_choose(&trace, true); /* a peer that sends no traceparent has chosen nothing */
    assert_int_equal(trace.choice, TRACE_CHOSEN);
    spans_close();
}

static void a_span_has_the_ids_that_the_next_hop_is_told(void **state)
{
    char next[TRACE_PARENT_CHARS + 1], id[17];
    struct span span = {.id = 0}, inner = {.id = 0};
    struct trace trace = of(NULL, PARENT);
    trace_fill_span(&trace, &span);
    assert_true(span.trace_hi == 0x0af7651916cd43dd && span.trace_lo == 0x8448eb211c80319c);
    assert_true(span.parent == 0xb7ad6b7169203331);
    trace_write_parent(&trace, next);
    snprintf(id, sizeof(id), "%016llx", (unsigned long long)span.id);
    assert_memory_equal(next + 36, id, 16);
    trace_fill_inner_span(&trace, 1, &inner);
    assert_true(inner.parent == span.id && inner.id != span.id && inner.trace_lo == span.trace_lo);
    const uint64_t first = inner.id;
    trace_fill_inner_span(&trace, 2, &inner);
    assert_true(inner.id != first);
    trace = of(NULL, NULL);
    trace_fill_span(&trace, &span);
    assert_true(span.parent == 0 && span.trace_lo == trace.made.lo);
}

static void in_a_fiber(void *arg)
{
    struct log_context context;
    const struct trace trace = of("shown-1", PARENT);
    assert_null(trace_here());
    assert_false(trace_log_context(&context));
    trace_be_here(&trace);
    assert_ptr_equal(trace_here(), &trace);
    assert_true(trace_log_context(&context));
    assert_string_equal(context.request_id, "shown-1");
    assert_string_equal(context.trace_id, "0af7651916cd43dd8448eb211c80319c");
}

static void a_fiber_knows_its_trace(void **state)
{
    assert_null(trace_here());
    assert_int_equal(fiber_main(in_a_fiber, NULL), 0);
}

/* What a work's span, and one within it, say. */
static void works(void *arg)
{
    const struct span said = {
        .kind = SPAN_CLIENT, .failed = true, .code = -1, .name = "mail tickets"};
    struct span asked = said, spans[4];
    struct trace_work work;
    char next[TRACE_PARENT_CHARS + 1], id[17];
    struct trace outer = of(NULL, NULL);
    trace_be_here(&outer);
    trace_work_begin(&work, VIEW_LIT("no traceparent"), 7);
    assert_ptr_equal(trace_here(), &outer);
    trace_work_end(&work, &said);
    assert_int_equal(spans_take(SPANS_FOR_COLLECTOR, spans, 4), 0);
    trace_work_begin(&work, VIEW_LIT(PARENT), 7);
    assert_ptr_equal(trace_here(), &work.trace);
    trace_write_parent(trace_here(), next);
    asked.took_ns = 3;
    trace_keep_asked(&asked);
    trace_work_end(&work, &said);
    assert_ptr_equal(trace_here(), &outer);
    assert_int_equal(spans_take(SPANS_FOR_COLLECTOR, spans, 4), 2);
    assert_true(spans[1].trace_hi == 0x0af7651916cd43dd && spans[1].parent == 0xb7ad6b7169203331);
    assert_true(spans[0].trace_lo == spans[1].trace_lo && spans[0].parent == spans[1].id);
    assert_true(spans[1].link_lo == outer.made.lo && spans[1].link_id != 0 && spans[1].failed);
    assert_string_equal(spans[1].name, "mail tickets");
    assert_int_equal(spans[0].took_ns, 3);
    snprintf(id, sizeof(id), "%016llx", (unsigned long long)spans[1].id);
    assert_memory_equal(next + 36, id, 16); /* whom it calls is told of it */
    struct trace_work other;
    trace_be_here(NULL);
    trace_work_begin(&work, VIEW_LIT(PARENT), 7);
    trace_be_here(NULL);
    trace_work_begin(&other, VIEW_LIT(PARENT), 8);
    trace_work_end(&other, &said);
    trace_work_end(&work, &said);
    assert_int_equal(spans_take(SPANS_FOR_COLLECTOR, spans, 4), 2);
    assert_true(spans[0].id != spans[1].id && spans[0].link_id == 0);
}

static void work_goes_on_in_the_trace_that_it_is_of(void **state)
{
    assert_int_equal(spans_open(0, INT64_MAX, 1u << SPANS_FOR_COLLECTOR),
                     0); /* only what failed, or was chosen by the flag */
    assert_int_equal(fiber_main(works, NULL), 0);
    spans_close();
}

int main(void)
{
    arena_init(&arena, 1 << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_id_is_taken_where_it_is_well_formed),
        cmocka_unit_test(one_is_made_where_none_came),
        cmocka_unit_test(a_traceparent_is_taken_where_it_is_well_formed),
        cmocka_unit_test(the_next_hop_has_the_same_trace_and_flags),
        cmocka_unit_test(the_edge_chooses_and_the_others_follow),
        cmocka_unit_test(a_span_has_the_ids_that_the_next_hop_is_told),
        cmocka_unit_test(a_fiber_knows_its_trace),
        cmocka_unit_test(work_goes_on_in_the_trace_that_it_is_of),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failed;
}
