/* catalog_max: how much of what a catalog has one store keeps. */
#ifndef USHER_STORE_CATALOG_MAX_H
#define USHER_STORE_CATALOG_MAX_H

/* Beyond these a put is ERR_FULL. */
#define STORE_HALLS_MAX        1000
#define STORE_EVENTS_MAX       1000
#define STORE_PERFORMANCES_MAX 1000

#endif
