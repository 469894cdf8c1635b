/* The algorithm in a host in memory: `make test`. */
#include "artemis_test.h"

static const int64_t AMOUNTS[] = {1, 0, 40, -2}, ONES[] = {1, 1, 1, 1}, LARGE[] = {INT64_MAX, 1};
static const uint8_t NULLS[] = {0, 1, 0, 0};
static const char *const NAMES[] = {"w", "x", NULL, "z"};

/* Rows `from` to `to` of the columns. */
static at_input rows(int64_t from, int64_t to) {
    at_input in;
    memset(&in, 0, sizeof in);
    at_texts(&in, "name", NAMES + from, to - from);
    at_ints(&in, "amount", AMOUNTS + from, NULLS + from, to - from);
    at_ints(&in, "one", ONES + from, NULL, to - from);
    return in;
}

int main(int argc, char **argv) {
    at_host host;
    at_open(&host, argc > 1 ? argv[1] : "build/libmy_plugin.so");

    /* Integers are added up, nulls are not counted, and any split into runs gives the same. */
    for (int64_t cut = 0; cut <= 4; cut++) {
        at_input runs[2] = {rows(0, cut), rows(cut, 4)};
        AT_CHECK(at_run_algorithm(&host, "sums", runs, 2) == ARTEMIS_OK);
        AT_CHECK(at_rows(&host, 0) == 2);
        AT_CHECK(at_text_is(&host, 0, "column", 0, "amount"));
        AT_CHECK(at_int(&host, 0, "count", 0) == 3);
        AT_CHECK(at_int(&host, 0, "sum", 0) == 39);
        AT_CHECK(at_int(&host, 0, "sum", 1) == 4);
    }

    /* A sum beyond 64 bits is an error with its column. */
    at_input large;
    memset(&large, 0, sizeof large);
    at_ints(&large, "amount", LARGE, NULL, 2);
    AT_CHECK(at_run_algorithm(&host, "sums", &large, 1) == ARTEMIS_ERROR);
    AT_CHECK(strcmp((const char *)host.error.column, "amount") == 0);

    /* Columns are chosen by name and must be there. */
    const char *one[] = {"one"}, *two[] = {"two"}, *name[] = {"name"};
    at_input all = rows(0, 4);
    at_set_texts(&host, "columns", one, 1);
    AT_CHECK(at_run_algorithm(&host, "sums", &all, 1) == ARTEMIS_OK);
    AT_CHECK(at_rows(&host, 0) == 1);
    at_set_texts(&host, "columns", two, 1);
    AT_CHECK(at_run_algorithm(&host, "sums", &all, 1) == ARTEMIS_INVALID);
    at_set_texts(&host, "columns", name, 1);
    AT_CHECK(at_run_algorithm(&host, "sums", &all, 1) == ARTEMIS_INVALID);

    return at_close(&host);
}
