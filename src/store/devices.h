/*
 * devices: what scans at the doors and is no browser: who makes it, sets it up once, and ends it.
 *
 * A device is set up with a token that is shown once and kept as a hash. From then on it shows an
 * API token in the role door (grants.h), which is written in the same transaction, so whoever
 * identifies callers knows nothing of devices. The token of a device that was revoked has no role:
 * it may nothing, and is told why.
 */
#ifndef USHER_STORE_DEVICES_H
#define USHER_STORE_DEVICES_H

#include "codec/sha256.h"
#include "store/grants.h"

#define DEVICES_MAX      1000 /* of an organiser */
#define DEVICE_ABOUT_MAX 190  /* bytes of each word about it */

struct device_about {
    struct view hardware_brand, hardware_model, os_name, os_version, software_brand,
        software_version;
};

struct device {
    uint32_t device_id; /* given by device_add */
    uint32_t organiser_id;
    struct id serial; /* of all devices there are */
    struct view organiser_name;
    struct view name, gate;
    struct id token_id; /* zero: it was not set up */
    int64_t created_at_ms;
    int64_t initialized_at_ms; /* 0: it was not set up */
    bool revoked;
    struct device_about about;
};

/* Adds a device; of *device serial, organiser, name, gate and created_at_ms are read.
 * ERR_NOT_FOUND: no such organiser; ERR_FULL: it has DEVICES_MAX that were not revoked; otherwise
 * as sql_write. */
int device_add(struct sql *sql, struct device *device, const uint8_t setup_hash[SHA256_BYTES],
               const struct act *act, int64_t deadline_ns);

/* Sets up the device of that hash: token becomes its API token, whose organiser and name are filled
 * in; its id, roles and times are the caller's. ERR_NOT_FOUND: there is none; ERR_EXISTS: it was
 * set up before; ERR_DENIED: it was revoked; ERR_FULL: as api_token_put. Otherwise as sql_write. */
int device_set_up(struct sql *sql, const uint8_t setup_hash[SHA256_BYTES], struct api_token *token,
                  const struct device_about *about, struct act *act, struct arena *arena,
                  struct device *ret_device, int64_t deadline_ns);

/* What changes of a device that shows a token. */
struct device_change {
    const struct device_about *about; /* NULL: stays */
    struct api_token *token;          /* in the place of its own; as device_set_up. NULL: stays */
    bool revoke;
};
/* ERR_NOT_FOUND: the token is no device's. Otherwise as device_set_up. */
int device_change(struct sql *sql, struct id token_id, const struct device_change *change,
                  struct act *act, struct arena *arena, struct device *ret_device,
                  int64_t deadline_ns);
/* Ends a device. ERR_NOT_FOUND: the organiser has no such device, or it was revoked. */
int device_revoke(struct sql *sql, uint32_t organiser_id, uint32_t device_id, const struct act *act,
                  struct arena *arena, struct device *ret_device, int64_t deadline_ns);

/* The device that shows that token. ERR_NOT_FOUND; as sql_read. Texts are in the arena. */
int device_of_token(struct sql *sql, struct id token_id, struct arena *arena,
                    struct device *ret_device, int64_t deadline_ns);
/* An organiser's, the newest first, at most DEVICES_MAX. As sql_read. */
int device_list(struct sql *sql, uint32_t organiser_id, struct arena *arena,
                struct device **ret_devices, size_t *ret_count, int64_t deadline_ns);

#endif
