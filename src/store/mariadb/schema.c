/* The sale's tables on MariaDB, as numbered steps; a step that was ever released is never changed.
 * Names are bytes, so that they compare byte by byte. */
#include "store/mariadb/body.h"

#define INNODB " ENGINE=InnoDB ROW_FORMAT=DYNAMIC"

const struct sql_step mariadb_sale_steps[] = {
    {"catalogue",
     /* Its one row is what those who change the catalogue lock. */
     "CREATE TABLE catalogue (catalogue_id INT PRIMARY KEY)" INNODB ";"
     "INSERT IGNORE INTO catalogue VALUES (1);"
     "CREATE TABLE hall (hall_id INT UNSIGNED PRIMARY KEY, name VARBINARY(1024) NOT NULL,"
     " layout_hash BINARY(32) NOT NULL, place_count BIGINT NOT NULL, section_count BIGINT NOT NULL,"
     " layout_parts INT NOT NULL, UNIQUE KEY hall_name (name, layout_hash))" INNODB ";"
     "CREATE TABLE hall_layout (hall_id INT UNSIGNED NOT NULL, part INT NOT NULL,"
     " bytes LONGBLOB NOT NULL, PRIMARY KEY (hall_id, part))" INNODB ";"
     "CREATE TABLE event (event_id INT UNSIGNED PRIMARY KEY, name VARBINARY(1024) NOT NULL,"
     " description MEDIUMBLOB NOT NULL, created_at_ms BIGINT NOT NULL)" INNODB ";"
     "CREATE TABLE performance (performance_id INT UNSIGNED PRIMARY KEY,"
     " event_id INT UNSIGNED NOT NULL, hall_id INT UNSIGNED NOT NULL, starts_at_ms BIGINT NOT NULL,"
     " utc_offset_minutes INT, hold_ttl_ms BIGINT NOT NULL, places_max BIGINT NOT NULL,"
     " currency VARBINARY(1024) NOT NULL, prices VARBINARY(1024) NOT NULL,"
     " first_sale_state BIGINT NOT NULL, sale_state BIGINT NOT NULL, epoch BIGINT NOT NULL,"
     " version BIGINT NOT NULL, seq BIGINT NOT NULL, head_hash BINARY(32) NOT NULL,"
     " CONSTRAINT performance_event FOREIGN KEY (event_id) REFERENCES event (event_id),"
     " CONSTRAINT performance_hall FOREIGN KEY (hall_id) REFERENCES hall (hall_id))" INNODB},
    /* The primary key of sold is the last line: the store itself refuses a second sale. Orders are
     * appended by number; ids begin with the time, so their index is nearly appended to as well. */
    {"sale",
     "CREATE TABLE ledger (performance_id INT UNSIGNED NOT NULL, seq BIGINT NOT NULL,"
     " epoch BIGINT NOT NULL, version_before BIGINT NOT NULL, version BIGINT NOT NULL,"
     " at_ms BIGINT NOT NULL, prev_hash BINARY(32) NOT NULL, hash BINARY(32) NOT NULL,"
     " body LONGBLOB NOT NULL, PRIMARY KEY (performance_id, seq))" INNODB ";"
     "CREATE TABLE sold (performance_id INT UNSIGNED NOT NULL, seat INT UNSIGNED NOT NULL,"
     " order_id BINARY(16) NOT NULL, PRIMARY KEY (performance_id, seat))" INNODB ";"
     "CREATE TABLE orders (order_no BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
     " order_id BINARY(16) NOT NULL, account_id BINARY(16) NOT NULL, hold_id BINARY(16) NOT NULL,"
     " performance_id INT UNSIGNED NOT NULL, state BIGINT NOT NULL, payment_method BIGINT NOT NULL,"
     " placed_at_ms BIGINT NOT NULL, total BIGINT NOT NULL, seats VARBINARY(1024) NOT NULL,"
     " UNIQUE KEY orders_id (order_id), KEY orders_account (account_id, order_no),"
     " KEY orders_performance (performance_id, order_no))" INNODB ";"
     "CREATE TABLE outbox (outbox_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
     " performance_id INT UNSIGNED NOT NULL, body LONGBLOB NOT NULL)" INNODB},
    {"organisers", "ALTER TABLE event ADD COLUMN organiser_id INT UNSIGNED NOT NULL DEFAULT 1"},
    {"rest", "ALTER TABLE performance ADD COLUMN covers_names INT NOT NULL DEFAULT 0,"
             " ADD COLUMN rest_ms BIGINT NOT NULL DEFAULT 0"},
    {"blocks",
     "CREATE TABLE blocked (performance_id INT UNSIGNED NOT NULL, seat INT UNSIGNED NOT NULL,"
     " block_id BINARY(16) NOT NULL, account_id BINARY(16) NOT NULL, until_ms BIGINT NOT NULL,"
     " reason VARBINARY(100) NOT NULL, PRIMARY KEY (performance_id, seat))" INNODB},
    /* Servers that a person has made the primary (db/mariadb_primary.c). */
    {"promotions",
     "CREATE TABLE promotion (promotion_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
     " server_id BIGINT NOT NULL, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)" INNODB},
    {"prices",
     "CREATE TABLE price_list (performance_id INT UNSIGNED NOT NULL, number INT UNSIGNED NOT NULL,"
     " begun BIGINT NOT NULL, list VARBINARY(8192) NOT NULL,"
     " PRIMARY KEY (performance_id, number))" INNODB ";"
     "ALTER TABLE orders ADD COLUMN amounts VARBINARY(1024) NOT NULL DEFAULT ''"},
    {"price plans",
     "CREATE TABLE price_plan (performance_id INT UNSIGNED NOT NULL, plan_id BINARY(16) NOT NULL,"
     " from_ms BIGINT NOT NULL, list VARBINARY(8192) NOT NULL,"
     " PRIMARY KEY (performance_id, plan_id))" INNODB},
    {"persons", "ALTER TABLE performance ADD COLUMN person_rule BIGINT NOT NULL DEFAULT 0;"
                "ALTER TABLE orders ADD COLUMN person_id VARBINARY(16) NOT NULL DEFAULT ''"},
    {"waiting list",
     "CREATE TABLE waiting (performance_id INT UNSIGNED NOT NULL PRIMARY KEY,"
     " offer_ms BIGINT NOT NULL)" INNODB ";"
     "CREATE TABLE wish (performance_id INT UNSIGNED NOT NULL, wish_id BINARY(16) NOT NULL,"
     " position BIGINT NOT NULL, account_id BINARY(16) NOT NULL, person_id VARBINARY(16) NOT NULL,"
     " category INT UNSIGNED NOT NULL, section INT UNSIGNED NOT NULL, party INT NOT NULL,"
     " fewest INT NOT NULL, lapses INT NOT NULL, PRIMARY KEY (performance_id, wish_id),"
     " KEY wish_account (account_id))" INNODB},
    {"wheelchairs of wishes", "ALTER TABLE wish ADD COLUMN wheelchairs INT NOT NULL DEFAULT 0"},
};
const size_t mariadb_sale_step_count = sizeof(mariadb_sale_steps) / sizeof(mariadb_sale_steps[0]);
