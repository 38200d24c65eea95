/* AuthService.ListPersonServices, BeginPerson and ProvePerson: whose the account is. */
#include "codec/sha256.h"
#include "err/err.h"
#include "mem/utf8.h"
#include "svc/auth/person.h"

#define IDENTITY_DIGITS 7

static const char *const carriers[] = {"SKT", "KT", "LGU", "SKT_MVNO", "KT_MVNO", "LGU_MVNO"};

struct id person_id_of(const struct auth *auth, enum person_kind kind, const char *subject)
{
    uint8_t said[1 + PERSON_CI_CHARS], mac[SHA256_BYTES];
    const size_t len = strlen(subject);
    struct id person_id;
    assert(len <= PERSON_CI_CHARS);
    said[0] = (uint8_t)kind;
    memcpy(said + 1, subject, len);
    sha256_mac(auth->person_key, view_of(said, 1 + len), mac);
    int err = id_from_bytes(view_of(mac, ID_BYTES), &person_id);
    assert(err == 0);
    return person_id;
}

static const struct auth_person_service *find(const struct auth *auth, uint32_t kind)
{
    for (uint32_t i = 0; i < auth->person_count; i++) {
        if (person_adapter_of(auth->persons[i].name)->kind == kind)
            return &auth->persons[i];
    }
    return NULL;
}

int auth_list_person_services(struct call *call, const void *request, void *response)
{
    Usher__V1__ListPersonServicesResponse *answer = response;
    const struct auth *auth = auth_of(call);
    Usher__V1__PersonService *rows =
        arena_alloc(call_arena(call), AUTH_PERSONS_MAX * sizeof(*rows));
    answer->services = arena_alloc(call_arena(call), AUTH_PERSONS_MAX * sizeof(*answer->services));
    (void)request;
    if (!rows || !answer->services)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    for (uint32_t i = 0; i < auth->person_count; i++) {
        const struct auth_person_service *service = &auth->persons[i];
        const struct person_adapter *adapter = person_adapter_of(service->name);
        usher__v1__person_service__init(&rows[i]);
        rows[i].kind = (Usher__V1__PersonRule)adapter->kind;
        rows[i].wants_person = adapter->wants_person;
        rows[i].stand_in = service->messages_url != NULL;
        if (service->messages_url)
            rows[i].messages_url = (char *)service->messages_url;
        answer->services[answer->n_services++] = &rows[i];
    }
    return 0;
}

/* ---- what is typed in ---- */

/* The digits of a telephone number with its country; of one that begins with 0, Korea's. */
static int read_phone(struct call *call, const char *text, struct person_wish *wish)
{
    char digits[PERSON_PHONE_MAX + 2];
    size_t len = 0;
    const bool abroad = text[0] == '+';
    bool right = abroad || text[0] == '0';
    for (const char *at = text + abroad; right && *at; at++) {
        if (strchr(" -().", *at))
            continue;
        right = *at >= '0' && *at <= '9' && len < PERSON_PHONE_MAX;
        if (right)
            digits[len++] = *at;
    }
    digits[len] = '\0';
    if (!right || len < PERSON_PHONE_MIN)
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "phone",
                         "a telephone number of %d to %d digits, as in 010-1234-5678 or "
                         "+44 20 7946 0958",
                         PERSON_PHONE_MIN, PERSON_PHONE_MAX);
    struct arena *arena = call_arena(call);
    const bool korean = !abroad || strncmp(digits, "82", 2) == 0;
    const char *rest = abroad ? digits + 2 : digits + 1; /* of a Korean one, without 0 */
    if (korean && *rest == '0')
        rest++;
    wish->phone = korean ? arena_printf(arena, "82%s", rest) : arena_copy(arena, view_str(digits));
    wish->domestic = korean ? arena_printf(arena, "0%s", rest) : NULL;
    return wish->phone && (!korean || wish->domestic) ? 0 : auth_fail_by_err(call, ERR_NO_MEMORY);
}

static bool is_carrier(const char *text)
{
    for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
        if (strcmp(carriers[i], text) == 0)
            return true;
    }
    return false;
}

static int read_person(struct call *call, const Usher__V1__BeginPersonRequest *asked,
                       struct person_wish *wish)
{
    wish->name = asked->name;
    wish->identity_number = asked->identity_number;
    wish->carrier = asked->carrier;
    const struct view name = view_str(asked->name);
    if (name.len == 0 || name.len > ACCOUNT_NAME_MAX || !utf8_line(name) || !utf8_visible(name))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "name",
                         "the name, as the carrier has it");
    if (strspn(asked->identity_number, "0123456789") != IDENTITY_DIGITS ||
        asked->identity_number[IDENTITY_DIGITS] != '\0')
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "identity_number",
                         "the first seven digits of the resident number");
    if (!is_carrier(asked->carrier))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "carrier",
                         "SKT, KT, LGU, SKT_MVNO, KT_MVNO or LGU_MVNO");
    if (!wish->domestic)
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "phone",
                         "a Korean telephone number: a carrier's in Korea says who it is");
    return 0;
}

/* Messages cost money, and whose telephone it is has not been asked: so few that nobody is
 * bothered. */
static int charge(struct call *call, const struct person_wish *wish)
{
    struct auth *auth = auth_of(call);
    const int64_t now_ms = clock_wall_ms(auth->clock);
    const char *account = auth_format_id(call_arena(call), call_identity(call)->account_id);
    if (!account)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    int64_t wait_ms = attempts_take(&auth->attempts, ATTEMPT_PERSON, view_str(account), now_ms);
    if (!wait_ms)
        wait_ms = attempts_take(&auth->attempts, ATTEMPT_PHONE, view_str(wish->phone), now_ms);
    if (wait_ms)
        return auth_fail_later(call, wait_ms, "enough codes were sent for now");
    return auth_charge_mail(call);
}

/* ---- the calls ---- */

static int refuse(struct call *call, int err, const char *field)
{
    if (err == ERR_DENIED)
        return auth_fail(call, CODE_INVALID_ARGUMENT, "PERSON_REFUSED", field,
                         strcmp(field, "code") == 0
                             ? "this is not the code of the message, or its time is over"
                             : "the service does not take this: look at name, number and carrier");
    if (err == ERR_UNAVAILABLE)
        return auth_fail(call, CODE_UNAVAILABLE, "PROVIDER_UNAVAILABLE", NULL,
                         "the service that proves it does not answer; try again in a minute");
    return auth_fail_by_err(call, err);
}

int auth_begin_person(struct call *call, const void *request, void *response)
{
    const Usher__V1__BeginPersonRequest *asked = request;
    Usher__V1__BeginPersonResponse *answer = response;
    struct auth *auth = auth_of(call);
    const struct auth_person_service *service = find(auth, asked->kind);
    struct person_wish wish = {0};
    const char *ref = NULL;
    if (auth_check_address(call))
        return 1;
    if (!service)
        return auth_fail(call, CODE_FAILED_PRECONDITION, "PERSON_UNKNOWN", "kind",
                         "this installation has no service that proves that");
    const struct person_adapter *adapter = person_adapter_of(service->name);
    wish.address = arena_copy(call_arena(call), auth_address(call));
    if (!wish.address)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    if (read_phone(call, asked->phone, &wish) ||
        (adapter->wants_person && read_person(call, asked, &wish)) || charge(call, &wish))
        return 1;
    int err = adapter->send(call, service, &wish, &ref);
    if (err)
        return refuse(call, err, "phone");
    const char *account = auth_format_id(call_arena(call), call_identity(call)->account_id);
    answer->request_id =
        account ? (char *)provider_note_write(call, NOTE_PERSON,
                                              json_pack("{s:s, s:s, s:s}", "service", service->name,
                                                        "account", account, "ref", ref))
                : NULL;
    return answer->request_id ? 0 : auth_fail_by_err(call, ERR_NO_MEMORY);
}

/* The service and its proof of a note that is this account's. NULL: it is not. */
static const struct auth_person_service *read_note(struct call *call, const char *request_id,
                                                   const char **ret_ref)
{
    const struct auth *auth = auth_of(call);
    const struct auth_person_service *service = NULL;
    json_t *note = provider_note_read(call, NOTE_PERSON, request_id);
    const char *name = json_string_value(json_object_get(note, "service"));
    const char *account = json_string_value(json_object_get(note, "account"));
    const char *ref = json_string_value(json_object_get(note, "ref"));
    struct id account_id;
    *ret_ref = ref ? arena_copy(call_arena(call), view_str(ref)) : NULL;
    if (name && account && *ret_ref && id_parse(view_str(account), &account_id) == 0 &&
        id_eq(account_id, call_identity(call)->account_id))
        service = find(auth, auth_person_kind(name));
    json_decref(note);
    return service;
}

/* The code's digits; blanks are passed over. False: it is none. */
static bool read_code(const char *text, char ret_code[PERSON_CODE_MAX + 1])
{
    size_t len = 0;
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        if (*text < '0' || *text > '9' || len == PERSON_CODE_MAX)
            return false;
        ret_code[len++] = *text;
    }
    ret_code[len] = '\0';
    return len >= 4;
}

int auth_prove_person(struct call *call, const void *request, void *response)
{
    const Usher__V1__ProvePersonRequest *asked = request;
    Usher__V1__Person *answer = response;
    struct auth *auth = auth_of(call);
    const int64_t now_ms = clock_wall_ms(auth->clock);
    char code[PERSON_CODE_MAX + 1];
    const char *ref, *subject = NULL;
    const struct auth_person_service *service = read_note(call, asked->request_id, &ref);
    if (!service)
        return auth_fail(call, CODE_INVALID_ARGUMENT, "PERSON_REFUSED", "request_id",
                         "this proof has ended, or is another account's; begin anew");
    const int64_t wait_ms = attempts_take(&auth->attempts, ATTEMPT_PAIR, view_str(ref), now_ms);
    if (wait_ms)
        return auth_fail_later(call, wait_ms, "too many tries");
    if (!read_code(asked->code, code))
        return refuse(call, ERR_DENIED, "code");
    const struct person_adapter *adapter = person_adapter_of(service->name);
    int err = adapter->confirm(call, service, ref, code, &subject);
    if (err)
        return refuse(call, err, "code");
    const struct person_proof person = {.kind = adapter->kind,
                                        .person_id = person_id_of(auth, adapter->kind, subject),
                                        .proved_at_ms = now_ms};
    const struct act act =
        auth_act(call, "person.prove", adapter->kind == PERSON_BY_PHONE ? "phone" : "identity");
    err = person_put(auth->sql, act.account_id, &person, &act, call_deadline_ns(call));
    if (err == ERR_CONFLICT)
        return auth_fail(call, CODE_FAILED_PRECONDITION, "PERSON_OTHER", NULL,
                         "this account is another person's already");
    answer->kind = (Usher__V1__PersonRule)person.kind;
    answer->proved_at_ms = now_ms;
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_answer_persons(struct call *call, struct id account_id, Usher__V1__Account *answer)
{
    struct person_proof persons[PERSON_KINDS];
    size_t count;
    int err = person_list(auth_of(call)->sql, account_id, persons, &count, call_deadline_ns(call));
    if (err)
        return err;
    Usher__V1__Person *rows = arena_alloc(call_arena(call), PERSON_KINDS * sizeof(*rows));
    answer->persons = arena_alloc(call_arena(call), PERSON_KINDS * sizeof(*answer->persons));
    if (!rows || !answer->persons)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        usher__v1__person__init(&rows[i]);
        rows[i].kind = (Usher__V1__PersonRule)persons[i].kind;
        rows[i].proved_at_ms = persons[i].proved_at_ms;
        answer->persons[answer->n_persons++] = &rows[i];
    }
    return 0;
}
