#include "cmd/roles.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "call/local.h"
#include "cmd/cmd.h"
#include "cmd/paying.h"
#include "cmd/persons.h"
#include "coord/coord.h"
#include "db/http_workers.h"
#include "err/err.h"
#include "observe/machine.h"
#include "store/line.h"
#include "svc/auth/breached.h"
#include "svc/ticket/tenure.h"
#include "token/roles.h"

#define GATEWAY    "gateway"
#define TICKET     "ticket"
#define WAITROOM   "waitroom"
#define PEER_LINKS 2 /* connections to a peer, a worker */

struct role {
    const char *name;
    bool beside_gateway; /* runs wherever the gateway does, which asks it who calls */
    bool keeps;          /* needs the store */
    bool optional;       /* a gateway need not know where it is */
    /* An enum cmd_exit, after having said what is wrong. */
    int (*start)(struct house *house);
    void (*stop)(struct house *house);
    /* For what must outlive the workers' threads. */
    void (*release)(struct house *house);
    /* Its service, and another; where the role runs elsewhere, only the rows count. */
    struct service (*service)(struct house *house);
    struct service (*second)(struct house *house);
    /* For the other processes of this role alone: never forwarded. */
    struct service (*inner)(struct house *house);
    /* Answers a page of its own; false for another path. On the loop. */
    bool (*page)(struct house *house, const struct page_request *ask, struct page *ret_page);
    bool (*ready)(struct house *house);
    int (*figures)(struct house *house, struct exposition *page);
};

static size_t find(struct view name);
/* Channels from every worker to the service of a role, as a peer. An enum cmd_exit. */
static int connect_to(struct house *house, const char *role, struct wires *wires);

/* ---- auth ---- */

/* The services that sign people in, and that prove who they are; and how they are called. */
static int open_oidc(struct house *house, struct auth_provider *ret_providers, uint32_t *ret_count,
                     struct auth_person_service *ret_persons, uint32_t *ret_person_count)
{
    arena_init(&house->oidc_texts, OIDC_TEXTS);
    int code = oidc_read("oidc", house->values.oidc, &house->oidc_texts, ret_providers, ret_count);
    if (code == CMD_OK)
        code = persons_read(&house->values, &house->oidc_texts, ret_persons, ret_person_count);
    if (code != CMD_OK || *ret_count + *ret_person_count == 0)
        return code;
    int err = http_workers_new(house->workers, house->worker_count, house->values.oidc_ca,
                               &house->auth_http);
    house->plains[house->plain_count++] = (struct plain_rule){.prefix = AUTH_FORM_PATH,
                                                              .body_max = AUTH_FORM_MAX,
                                                              .handle = auth_form_page,
                                                              .state = &house->auth};
    return err == 0 ? CMD_OK : house_fail("the sign-in services", err);
}

static int open_breached(struct house *house)
{
    const char *path = house->values.breached_passwords;
    const int err = path ? breached_open(path, &house->breached) : 0;
    if (err == 0)
        return CMD_OK;
    if (err == ERR_CORRUPT)
        return cmd_fail("serve", CMD_FALSE,
                        "%s: not a file of hashes in order, a line \"SHA-1 in capital hex:count\"",
                        path);
    return cmd_fail("serve", CMD_FALSE, "%s: %s", path,
                    err == ERR_IO ? strerrordesc_np(errno) : err_text(err));
}

static void stop_auth(struct house *house)
{
    auth_follow_stop(&house->auth);
    breached_close(house->breached);
    house->breached = NULL;
    http_workers_free(house->auth_http);
    house->auth_http = NULL;
}

static int start_auth(struct house *house)
{
    struct auth_provider providers[AUTH_PROVIDERS_MAX];
    struct auth_person_service persons[AUTH_PERSONS_MAX];
    uint32_t provider_count, person_count = 0;
    int code = open_breached(house);
    if (code == CMD_OK)
        code = open_oidc(house, providers, &provider_count, persons, &person_count);
    if (code != CMD_OK)
        return code;
    int err =
        keyset_open(house->ground.secret, clock_wall_ms(clock_system()) / 1000, &house->keyset);
    if (err != 0)
        return house_fail("the keys of access tokens", err);
    const struct auth_options options = {
        .master = house->ground.secret,
        .operator_key = house->ground.operator_key,
        .clock = clock_system(),
        .chance = chance_system(),
        .guest_ttl_ms = house->values.guest_ttl_ms,
        .issuer = house->values.issuer,
        .sql = house->ground.store->sql,
        .keyset = house->keyset,
        .hashing = house->hashing,
        .breached = house->breached,
        .checking = house->offload,
        .address_guests = house->values.address_guests,
        .network_guests = house->values.network_guests,
        .work = house_work(house, 0),
        .terms = house->values.terms,
        .providers = providers,
        .provider_count = provider_count,
        .persons = persons,
        .person_count = person_count,
        .public_url = house->values.pay.public_url ? house->values.pay.public_url : house->url,
        .remind_ms = house->values.mailing.remind_ms,
        .http = house->auth_http ? http_workers_here : NULL,
        .http_state = house->auth_http,
    };
    err = auth_init(&house->auth, &options);
    if (err == 0) {
        err = auth_follow(&house->auth, house->workers[0]);
        if (err == 0)
            return CMD_OK;
        auth_release(&house->auth);
    }
    keyset_free(house->keyset);
    return house_fail("the accounts", err);
}

static void release_auth(struct house *house)
{
    auth_release(&house->auth);
    keyset_free(house->keyset);
    arena_release(&house->oidc_texts);
}

static bool page_auth(struct house *house, const struct page_request *ask, struct page *ret_page)
{
    return auth_page(&house->auth, ask, ret_page);
}

static struct service service_auth(struct house *house)
{
    return auth_service(&house->auth);
}

/* ---- ticket ---- */

static int open_coord(struct house *house)
{
    char why[512] = "";
    if (!house->values.coord)
        return CMD_OK;
    if (!house->values.store)
        return cmd_fail("serve", CMD_USAGE, "--coord is for a shared store; --store is missing");
    int err = coord_redis_new(house->values.coord, house->workers[0], why, &house->coord);
    if (err == ERR_INVALID)
        return cmd_fail("serve", CMD_USAGE, "--coord: %s", why);
    if (err == 0 && house->values.lease_ms < house->coord->lease_min_ms) {
        coord_free(house->coord);
        house->coord = NULL;
        return cmd_fail("serve", CMD_USAGE,
                        "--lease: beside sentinels it is 1s at least: a shorter one would end "
                        "before another master is noticed");
    }
    return err == 0 ? CMD_OK : house_fail("the coordinator", err);
}

static int start_ticket(struct house *house)
{
    int code = open_coord(house);
    if (code != CMD_OK)
        return code;
    const struct ticket_options options = {
        .store = house->ground.store,
        .workers = house->workers,
        .worker_count = house->worker_count,
        .chance = chance_system(),
        .offload = house->offload,
        .codes = &house->codes,
        .rest_ms = (uint32_t)house->values.rest_ms,
        .peer = house->coord ? &house->peer : NULL,
    };
    int err = ticket_start(&options, &house->ticket);
    if (err == ERR_CORRUPT)
        return cmd_fail("serve", CMD_FALSE,
                        "%s%s: what was sold cannot be read, the data are damaged; usher audit "
                        "--%s %s tells where",
                        house->values.store ? "the store" : house->values.data,
                        house->values.store ? "" : "/usher.db",
                        house->values.store ? "store" : "data",
                        house->values.store ? "…" : house->values.data);
    return err == 0 ? CMD_OK : house_fail("loading the sales", err);
}

static void stop_ticket(struct house *house)
{
    ticket_stop(house->ticket);
    coord_free(house->coord);
}

static void release_ticket(struct house *house)
{
    tenure_free(house->tenure);
}

static struct service service_status(struct house *house)
{
    return ticket_status_service(house->ticket);
}

static struct service service_owner(struct house *house)
{
    return ticket_owner_service(house->ticket);
}

int roles_join(struct house *house)
{
    const struct serve_values *values = &house->values;
    if (!house->coord)
        return CMD_OK;
    const char *url = values->advertise ? values->advertise : house->url;
    int err = ticket_join(house->ticket, house->coord, url, values->lease_ms);
    house->tenure = ticket_tenure(house->ticket);
    if (err == 0 && house->waitroom)
        err = waitroom_share(house->waitroom, house->coord, url, values->lease_ms, &house->peer);
    return err == 0 ? CMD_OK : house_fail("joining the other processes", err);
}

void roles_leave(struct house *house)
{
    waitroom_hand_over(house->waitroom);
    ticket_leave(house->ticket);
}

static struct service service_ticket(struct house *house)
{
    return ticket_service(house->ticket);
}

static bool ready_ticket(struct house *house)
{
    return ticket_ready(house->ticket);
}

static int figures_ticket(struct house *house, struct exposition *page)
{
    return ticket_render(house->ticket, page);
}

/* ---- monitor ---- */

static int start_monitor(struct house *house)
{
    struct monitor_options options = {
        .data_dir = house->values.data,
        .worker = house->workers[house->worker_count - 1],
        .node = house->tracing.instance,
        .roles = house->tracing.roles,
        .version = USHER_VERSION,
        .open = house_open,
        .calls = house_calls,
        .state = house,
    };
    const int code = shipping_options(house, &options);
    if (code != CMD_OK)
        return code;
    int err = monitor_start(&options, &house->monitor);
    return err == 0 ? CMD_OK : house_fail("the monitor's window, monitor.db", err);
}

static void stop_monitor(struct house *house)
{
    monitor_stop(house->monitor);
}

static struct service service_monitor(struct house *house)
{
    return monitor_service(house->monitor);
}

/* Where it runs alone. Beside others it must not take the sale with it. */
static bool ready_monitor(struct house *house)
{
    return house->here != 1u << find(view_str("monitor")) || monitor_keeps(house->monitor);
}

/* ---- the waiting room ---- */
#define STATUS_MAX (64u << 10) /* bytes of a sale's status */

static int start_waitroom(struct house *house)
{
    int code = connect_to(house, TICKET, &house->to_ticket);
    if (code != CMD_OK)
        return code;
    const struct waitroom_options options = {
        .sql = house->ground.store->sql,
        .workers = house->workers,
        .worker_count = house->worker_count,
        .chance = chance_system(),
        .offload = house->offload,
        .master = house->ground.secret,
        .work = house_work(house, house->values.join_cost),
        .tickets = house->to_ticket.channels,
        .shared = house->coord != NULL,
    };
    int err = lines_migrate(options.sql, false, clock_wall_ms(clock_system()));
    if (err == 0)
        err = waitroom_start(&options, &house->waitroom);
    return err == 0 ? CMD_OK : house_fail("loading the lines", err);
}

static void stop_waitroom(struct house *house)
{
    waitroom_stop(house->waitroom);
}

static struct service service_waitroom(struct house *house)
{
    return waitroom_service(house->waitroom);
}

static int figures_waitroom(struct house *house, struct exposition *page)
{
    return waitroom_render(house->waitroom, page);
}

/* What everybody waits for: one small document a sale, which a CDN may keep for a second. */
static bool page_waitroom(struct house *house, const struct page_request *ask,
                          struct page *ret_page)
{
    struct buf out;
    if (!view_starts(ask->path, VIEW_LIT("/sales/")))
        return false;
    buf_init(&out, STATUS_MAX);
    const bool found = waitroom_status_page(house->waitroom, ask->path, &out);
    const struct view text = buf_view(&out);
    const char *copy = found ? arena_copy(ask->arena, text) : NULL;
    buf_release(&out);
    if (copy)
        *ret_page = (struct page){.status = 200,
                                  .type = "application/json",
                                  .cache = "public, max-age=1",
                                  .headers = "X-Content-Type-Options: nosniff\r\n",
                                  .body = view_of(copy, text.len)};
    return copy != NULL;
}

/* ---- door ---- */

static int reach(struct house *house, const char *name, struct service *ret_service);

static int start_door(struct house *house)
{
    const struct door_options options = {
        .sql = house->ground.store->sql,
        .worker = house->workers[0],
        .open = house_open,
        .open_state = house,
        .offload = house->offload,
        .codes = &house->codes,
        .mail.link = house->values.mailing.site[0]  ? house->values.mailing.site
                     : house->values.pay.public_url ? house->values.pay.public_url
                                                    : house->url,
    };
    int code = reach(house, "ticket", &house->mailing.service);
    if (code == CMD_OK)
        code = mailing_start(&house->mailing, &house->values.mailing, &options);
    if (code != CMD_OK)
        mailing_stop(&house->mailing);
    return code;
}

static void stop_door(struct house *house)
{
    mailing_stop(&house->mailing);
}

static struct service service_door(struct house *house)
{
    return door_service(house->mailing.door);
}

/* ---- the table; the gateway has no service of its own ---- */

static const struct role roles[] = {
    {.name = "auth",
     .beside_gateway = true,
     .keeps = true,
     .page = page_auth,
     .start = start_auth,
     .stop = stop_auth,
     .release = release_auth,
     .service = service_auth},
    {.name = TICKET,
     .keeps = true,
     .start = start_ticket,
     .stop = stop_ticket,
     .release = release_ticket,
     .service = service_ticket,
     .second = service_status,
     .inner = service_owner,
     .ready = ready_ticket,
     .figures = figures_ticket},
    {.name = "payment", /* behind the tickets, which it calls */
     .beside_gateway = true,
     .keeps = true,
     .start = paying_start,
     .stop = paying_stop,
     .service = paying_service,
     .second = paying_tills},
    {.name = WAITROOM,
     .keeps = true,
     .page = page_waitroom,
     .start = start_waitroom,
     .stop = stop_waitroom,
     .service = service_waitroom,
     .figures = figures_waitroom},
    {.name = "door", /* where the contacts of who pays are */
     .beside_gateway = true,
     .keeps = true,
     .start = start_door,
     .stop = stop_door,
     .service = service_door},
    {.name = "webhook",
     .beside_gateway = true,
     .keeps = true,
     .start = telling_start,
     .stop = telling_stop,
     .service = telling_service},
    {.name = "monitor", /* behind those that it asks */
     .optional = true,
     .start = start_monitor,
     .stop = stop_monitor,
     .service = service_monitor,
     .ready = ready_monitor},
    {.name = GATEWAY},
};
#define ROLE_COUNT (sizeof(roles) / sizeof(roles[0]))
static_assert(ROLE_COUNT <= HOUSE_ROLES_MAX, "one bit and one peer a role");

static size_t find(struct view name)
{
    size_t i = 0;
    while (i < ROLE_COUNT && !view_eq(view_str(roles[i].name), name))
        i++;
    return i;
}

static bool is_here(const struct house *house, size_t role)
{
    return house->here & 1u << role;
}

bool roles_has(const struct house *house, const char *name)
{
    return is_here(house, find(view_str(name)));
}

size_t roles_find(const char *name)
{
    const size_t i = find(view_str(name));
    assert(i < ROLE_COUNT);
    return i;
}

/* Of the roles whose bits are set. */
static void put_names(uint32_t bits, char *ret_text, size_t room)
{
    size_t at = 0;
    ret_text[0] = '\0';
    for (size_t i = 0; i < ROLE_COUNT && at < room; i++) {
        if (bits & 1u << i)
            at += (size_t)snprintf(ret_text + at, room - at, "%s%s", at ? "," : "", roles[i].name);
    }
}

void roles_names(const struct house *house, char *ret_text, size_t room)
{
    put_names(house->here, ret_text, room);
}

/* ---- which ---- */

/* What stands before the next comma; *rest becomes what stands behind it. False at the end. */
static bool take_part(struct view *rest, struct view *ret_part)
{
    size_t len = 0;
    if (!rest->at)
        return false;
    while (len < rest->len && rest->at[len] != ',')
        len++;
    *ret_part = view_of(rest->at, len);
    *rest = len < rest->len ? view_of(rest->at + len + 1, rest->len - len - 1) : (struct view){0};
    return true;
}

static int no_role(const char *option, struct view name)
{
    char names[ROLES_TEXT_MAX];
    put_names(UINT32_MAX, names, sizeof(names));
    return cmd_fail("serve", CMD_USAGE, "--%s: there is no role called %.*s; the roles are %s",
                    option, VIEW_ARG(name), names);
}

static int read_roles(struct house *house)
{
    struct view rest = view_str(house->values.roles), name;
    if (view_eq(rest, VIEW_LIT("all"))) {
        house->here = (1u << ROLE_COUNT) - 1;
        return CMD_OK;
    }
    while (take_part(&rest, &name)) {
        const size_t i = find(name);
        if (i == ROLE_COUNT)
            return no_role("role", name);
        house->here |= 1u << i;
    }
    for (size_t i = 0; i < ROLE_COUNT && roles_has(house, GATEWAY); i++)
        house->here |= roles[i].beside_gateway ? 1u << i : 0;
    return CMD_OK;
}

/* ticket=HOST:PORT, or ticket=https://HOST:PORT. */
static int read_peer(struct house *house, struct view text)
{
    const char *equals = memchr(text.at, '=', text.len);
    if (!equals)
        return cmd_fail("serve", CMD_USAGE, "--peer %.*s: write ROLE=HOST:PORT", VIEW_ARG(text));
    const struct view name = view_of(text.at, (size_t)(equals - text.at));
    const struct view where = view_of(equals + 1, text.len - name.len - 1);
    const bool whole = memmem(where.at, where.len, "://", 3);
    const size_t i = find(name);
    if (i == ROLE_COUNT || !roles[i].service)
        return no_role("peer", name);
    if (is_here(house, i))
        return cmd_fail("serve", CMD_USAGE, "--peer %.*s: the role runs in this process",
                        VIEW_ARG(text));
    const int len = snprintf(house->peer_urls[i], sizeof(house->peer_urls[i]), "%s%.*s",
                             whole ? "" : "http://", VIEW_ARG(where));
    if (where.len == 0 || len >= (int)sizeof(house->peer_urls[i]))
        return cmd_fail("serve", CMD_USAGE, "--peer %.*s: write ROLE=HOST:PORT", VIEW_ARG(text));
    return CMD_OK;
}

/* The gateway answers for every service, so it must know where each is. */
static int check_complete(struct house *house)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (!is_here(house, i) && !house->peer_urls[i][0] && !roles[i].optional)
            return cmd_fail("serve", CMD_USAGE,
                            "the gateway has to know where the role %s is: --peer %s=HOST:PORT, or "
                            "--role gateway,%s",
                            roles[i].name, roles[i].name, roles[i].name);
    }
    return CMD_OK;
}

/* The waiting room is where the ticket service is, unless it is said to be elsewhere. */
static int place_waitroom(struct house *house)
{
    const size_t room = find(VIEW_LIT(WAITROOM)), ticket = find(VIEW_LIT(TICKET));
    if (!is_here(house, room) && !house->peer_urls[room][0]) {
        if (is_here(house, ticket))
            house->here |= 1u << room;
        else
            memcpy(house->peer_urls[room], house->peer_urls[ticket],
                   sizeof(house->peer_urls[room]));
    }
    if (is_here(house, room) && !is_here(house, ticket) && !house->peer_urls[ticket][0])
        return cmd_fail("serve", CMD_USAGE,
                        "the role " WAITROOM " has to know where " TICKET " is: --peer " TICKET
                        "=HOST:PORT");
    return CMD_OK;
}

int roles_read(struct house *house)
{
    struct view rest = view_str(house->values.peers), part;
    int code = read_roles(house);
    while (code == CMD_OK && take_part(&rest, &part))
        code = read_peer(house, part);
    if (code == CMD_OK)
        code = place_waitroom(house);
    if (code == CMD_OK && roles_has(house, GATEWAY))
        code = check_complete(house);
    if (code == CMD_OK && house->values.demo && !roles_has(house, TICKET))
        code = cmd_fail("serve", CMD_USAGE, "--demo: the role ticket, which makes it, is not here");
    return code;
}

/* ---- starting and stopping ---- */

static int forward_role(struct house *house, size_t i, const struct service of,
                        struct service *ret_service)
{
    struct remote_options options = house->peer;
    options.url = house->peer_urls[i];
    options.links = PEER_LINKS;
    struct forward **forward = &house->forwards[house->forward_count];
    int err =
        forward_new(&of, roles[i].name, &options, house->workers, house->worker_count, forward);
    if (err != 0)
        return house_fail("a channel to a peer", err);
    *ret_service = forward_service(*forward);
    house->forward_count++;
    return CMD_OK;
}

/* To those that the port answers, if the role has it, and runs here or at a known peer. */
static int add_service(struct house *house, size_t i, struct service (*make)(struct house *house))
{
    int code = CMD_OK;
    if (!make || (!is_here(house, i) && !house->peer_urls[i][0]))
        return CMD_OK;
    assert(house->service_count < HOUSE_SERVICES_MAX);
    struct service *service = &house->services[house->service_count];
    const struct service of = make(house);
    if (is_here(house, i))
        *service = of;
    else
        code = forward_role(house, i, of, service);
    house->service_count += code == CMD_OK;
    return code;
}

static int connect_to(struct house *house, const char *role, struct wires *wires)
{
    const struct identity peer = {.roles = ROLE_PEER};
    const size_t i = find(view_str(role));
    if (is_here(house, i))
        wires->service = roles[i].service(house);
    else if (forward_role(house, i, roles[i].service(house), &wires->service) != CMD_OK)
        return CMD_FALSE;
    int err = routes_init(&wires->routes, &wires->service, 1);
    for (uint32_t k = 0; err == 0 && k < house->worker_count; k++)
        err = local_new(&wires->routes, &peer, &wires->channels[k]);
    return err == 0 ? CMD_OK : house_fail("a channel to a role", err);
}

static void disconnect(struct wires *wires)
{
    for (uint32_t k = 0; k < HOUSE_WORKERS_MAX; k++)
        channel_free(wires->channels[k]);
    routes_release(&wires->routes);
}

/* The ticket service asks the waiting room who may buy. */
static int connect_ticket(struct house *house)
{
    const int code = connect_to(house, WAITROOM, &house->to_waitroom);
    if (code == CMD_OK)
        ticket_connect(house->ticket, house->to_waitroom.channels);
    return code;
}

/* The service of another role, for a role that calls it: here, or by a channel to where it is. */
static int reach(struct house *house, const char *name, struct service *ret_service)
{
    const size_t i = find(view_str(name));
    if (is_here(house, i)) {
        *ret_service = roles[i].service(house);
        return CMD_OK;
    }
    if (!house->peer_urls[i][0])
        return cmd_fail("serve", CMD_USAGE, "where is the role %s? --peer %s=HOST:PORT", name,
                        name);
    return forward_role(house, i, roles[i].service(house), ret_service);
}

int roles_start(struct house *house)
{
    int code = CMD_OK;
    for (size_t i = 0; i < ROLE_COUNT && code == CMD_OK; i++) {
        if (is_here(house, i) && roles[i].start)
            code = roles[i].start(house);
        if (code == CMD_OK)
            house->started |= house->here & 1u << i;
        if (code == CMD_OK && is_here(house, i) && roles[i].service)
            code = channels_let_in(house, i, roles[i].service(house));
    }
    if (code == CMD_OK && roles_has(house, TICKET))
        code = connect_ticket(house);
    for (size_t i = 0; i < ROLE_COUNT && code == CMD_OK; i++) {
        code = add_service(house, i, roles[i].service);
        if (code == CMD_OK)
            code = add_service(house, i, roles[i].second);
        if (code == CMD_OK && is_here(house, i))
            code = add_service(house, i, roles[i].inner);
    }
    return code;
}

void roles_stop(struct house *house)
{
    for (size_t i = ROLE_COUNT; i > 0; i--) {
        if (house->started & 1u << (i - 1) && roles[i - 1].stop)
            roles[i - 1].stop(house);
    }
    channels_close(house);
    disconnect(&house->to_waitroom);
    disconnect(&house->to_ticket);
    for (uint32_t i = 0; i < house->forward_count; i++)
        forward_free(house->forwards[i]);
}

void roles_release(struct house *house)
{
    for (size_t i = ROLE_COUNT; i > 0; i--) {
        if (house->started & 1u << (i - 1) && roles[i - 1].release)
            roles[i - 1].release(house);
    }
}

/* ---- insight ---- */

bool roles_keep(const struct house *house)
{
    bool keep = false;
    for (size_t i = 0; i < ROLE_COUNT; i++)
        keep = keep || (is_here(house, i) && roles[i].keeps);
    return keep;
}

bool roles_page(struct house *house, const struct page_request *ask, struct page *ret_page)
{
    bool found = false;
    for (size_t i = 0; i < ROLE_COUNT && !found; i++)
        found = is_here(house, i) && roles[i].page && roles[i].page(house, ask, ret_page);
    return found;
}

bool roles_ready(void *arg)
{
    struct house *house = arg;
    bool ready = true;
    for (size_t i = 0; i < ROLE_COUNT; i++)
        ready = ready && (!is_here(house, i) || !roles[i].ready || roles[i].ready(house));
    return ready;
}

int roles_render(void *arg, struct exposition *page)
{
    struct house *house = arg;
    int err = 0;
    for (size_t i = 0; i < ROLE_COUNT && err == 0; i++)
        err = is_here(house, i) && roles[i].figures ? roles[i].figures(house, page) : 0;
    return err ? err : machine_render(page, house->values.data);
}
