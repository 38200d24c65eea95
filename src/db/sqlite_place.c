#include "db/sqlite_place.h"

#include <stdio.h>

#include "err/err.h"

int sqlite_place_note(struct sqlite_place *place, const char *path, const char *lock_path)
{
    *place = (struct sqlite_place){0};
    snprintf(place->files[SQLITE_PLACE_DATABASE].path, SQLITE_PLACE_PATH, "%s", path);
    snprintf(place->files[SQLITE_PLACE_LOG].path, SQLITE_PLACE_PATH, "%s-wal", path);
    snprintf(place->files[SQLITE_PLACE_INDEX].path, SQLITE_PLACE_PATH, "%s-shm", path);
    snprintf(place->files[SQLITE_PLACE_LOCK].path, SQLITE_PLACE_PATH, "%s",
             lock_path ? lock_path : "");
    sqlite_place_complete(place);
    return place->files[SQLITE_PLACE_DATABASE].opened.st_ino != 0 ? 0 : ERR_IO;
}

void sqlite_place_complete(struct sqlite_place *place)
{
    for (int i = 0; i < SQLITE_PLACE_FILES; i++) {
        struct stat *opened = &place->files[i].opened;
        if (opened->st_ino == 0 && stat(place->files[i].path, opened) != 0)
            opened->st_ino = 0;
    }
}

enum sqlite_place_file sqlite_place_lost(const struct sqlite_place *place)
{
    for (int i = 0; i < SQLITE_PLACE_FILES; i++) {
        const struct stat *opened = &place->files[i].opened;
        struct stat now;
        if (opened->st_ino == 0)
            continue;
        if (stat(place->files[i].path, &now) != 0 || now.st_dev != opened->st_dev ||
            now.st_ino != opened->st_ino)
            return (enum sqlite_place_file)i;
    }
    return SQLITE_PLACE_FILES;
}
