/* GetStories: which orders somebody asks about, and the way to the roles that know of them. */
#include <strings.h>

#include "call/call.h"
#include "call/client.h"
#include "err/err.h"
#include "sale/order_number.h"
#include "svc/monitor/state.h"
#include "svc/monitor/story.h"
#include "token/roles.h"
#include "usher/v1/door.pb-c.h"

#define STORIES_MAX 20
#define ORDERS_PAGE 1000

/* Channels of this call alone: they live on the thread of its fiber. */
static void open_sources(const struct monitor *monitor, struct call *call,
                         struct story_sources *ret_from)
{
    *ret_from = (struct story_sources){.window = monitor->window,
                                       .arena = call_arena(call),
                                       .deadline_ns = call_deadline_ns(call)};
    const struct {
        const char *role;
        struct channel **channel;
    } roles[] = {{"ticket", &ret_from->tickets},
                 {"waitroom", &ret_from->waitroom},
                 {"payment", &ret_from->payment},
                 {"door", &ret_from->door}};
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (monitor->options.open(monitor->options.state, roles[i].role, roles[i].channel) != 0)
            *roles[i].channel = NULL;
    }
}

static void close_sources(const struct story_sources *from)
{
    channel_free(from->tickets);
    channel_free(from->waitroom);
    channel_free(from->payment);
    channel_free(from->door);
}

/* ---- which orders ---- */

static int refused(struct call *call, const struct client *client)
{
    return call_fail(call, client->status.code, client->status.detail, "%s",
                     client->status.message);
}

static int add(struct arena *arena, const Usher__V1__Order *order,
               const Usher__V1__Contact *contact, Usher__V1__GetStoriesResponse *answer)
{
    Usher__V1__Story *story = arena_alloc(arena, sizeof(*story));
    if (!story)
        return ERR_NO_MEMORY;
    usher__v1__story__init(story);
    story->order = (Usher__V1__Order *)order;
    story->contact = (Usher__V1__Contact *)contact;
    answer->stories[answer->n_stories++] = story;
    return 0;
}

/* Orders by number or address; of one id alone where that is not NULL. */
static int find_by_text(const struct story_sources *from, struct call *call, const char *text,
                        const char *only_id, Usher__V1__GetStoriesResponse *answer)
{
    static const struct identity operator_identity = {.roles = ROLE_OPERATOR};
    Usher__V1__FindOrdersRequest ask = USHER__V1__FIND_ORDERS_REQUEST__INIT;
    const Usher__V1__FindOrdersResponse *found;
    struct client door;
    if (!from->door)
        return call_fail(call, CODE_UNAVAILABLE, NULL, "the door's role cannot be reached");
    client_init(&door, from->door, &usher__v1__door_service__descriptor, from->arena);
    door.identity = &operator_identity;
    door.deadline_ns = from->deadline_ns;
    ask.text = (char *)text;
    if (client_call(&door, Usher__V1__DoorService, find_orders, &ask, &found))
        return refused(call, &door);
    int err = 0;
    for (size_t i = 0; err == 0 && i < found->n_orders && i < STORIES_MAX; i++) {
        const Usher__V1__FoundOrder *one = found->orders[i];
        if (!only_id || strcmp(one->order->order_id, only_id) == 0)
            err = add(from->arena, one->order, one->contact, answer);
    }
    return err;
}

/* An order whose id is known; one without a contact, too. */
static int find_by_id(const struct story_sources *from, struct call *call, struct client *tickets,
                      const char *order_id, Usher__V1__GetStoriesResponse *answer)
{
    Usher__V1__GetOrderRequest ask = USHER__V1__GET_ORDER_REQUEST__INIT;
    const Usher__V1__Order *order;
    ask.order_id = (char *)order_id;
    if (client_call(tickets, Usher__V1__TicketService, get_order, &ask, &order))
        return tickets->status.code == CODE_NOT_FOUND ? 0 : refused(call, tickets);
    int err = find_by_text(from, call, order->order_number, order->order_id, answer);
    return err == 0 && answer->n_stories == 0 ? add(from->arena, order, NULL, answer) : err;
}

static const char *order_at(const Usher__V1__ListPerformanceOrdersResponse *page, const char *place)
{
    for (size_t i = 0; i < page->n_orders; i++) {
        for (size_t k = 0; k < page->orders[i]->n_tickets; k++) {
            if (strcasecmp(page->orders[i]->tickets[k]->label, place) == 0)
                return page->orders[i]->order_id;
        }
    }
    return NULL;
}

static int find_by_place(const struct story_sources *from, struct call *call,
                         struct client *tickets, const Usher__V1__GetStoriesRequest *wish,
                         Usher__V1__GetStoriesResponse *answer)
{
    Usher__V1__ListPerformanceOrdersRequest ask = USHER__V1__LIST_PERFORMANCE_ORDERS_REQUEST__INIT;
    const Usher__V1__ListPerformanceOrdersResponse *page;
    ask.performance_id = wish->performance_id;
    ask.page_size = ORDERS_PAGE;
    do {
        if (client_call(tickets, Usher__V1__TicketService, list_performance_orders, &ask, &page))
            return refused(call, tickets);
        const char *order_id = order_at(page, wish->place);
        if (order_id)
            return find_by_id(from, call, tickets, order_id, answer);
        ask.page_token = page->next_page_token;
    } while (ask.page_token[0]);
    return 0;
}

static int find(const struct story_sources *from, struct call *call,
                const Usher__V1__GetStoriesRequest *wish, Usher__V1__GetStoriesResponse *answer)
{
    struct client tickets;
    struct id order_id;
    const bool is_id = id_parse(view_str(wish->text), &order_id) == 0;
    if (!is_id && !wish->place[0])
        return find_by_text(from, call, wish->text, NULL, answer);
    if (!from->tickets)
        return call_fail(call, CODE_UNAVAILABLE, NULL, "the ticket role cannot be reached");
    client_init(&tickets, from->tickets, &usher__v1__ticket_service__descriptor, from->arena);
    tickets.deadline_ns = from->deadline_ns;
    return is_id ? find_by_id(from, call, &tickets, wish->text, answer)
                 : find_by_place(from, call, &tickets, wish, answer);
}

CALL_HANDLER(monitor_get_stories)
{
    const Usher__V1__GetStoriesRequest *wish = request;
    Usher__V1__GetStoriesResponse *answer = response;
    struct monitor *monitor = call_state(call);
    struct story_sources from;
    answer->stories = arena_alloc(call_arena(call), STORIES_MAX * sizeof(*answer->stories));
    if (!answer->stories)
        return ERR_NO_MEMORY;
    open_sources(monitor, call, &from);
    int err = find(&from, call, wish, answer);
    for (size_t i = 0; err == 0 && i < answer->n_stories; i++)
        err = story_tell(&from, answer->stories[i]);
    close_sources(&from);
    return err;
}
