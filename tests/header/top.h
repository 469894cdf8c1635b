// artemis_plugin.h - all that a plugin of artemis-host needs. C11 or C++17.
//
// Generated from the Rust tables of the project; do not edit. Licence: Apache-2.0.
//
// A plugin is a shared library with two symbols: the data `artemis_manifest_v1`, made by ARTEMIS_MANIFEST, which the host
// reads without loading the file, and the function `artemis_plugin_v1`, which hands out its components. A whole plugin, an
// algorithm that counts rows and emits nothing:
//
//     #include "artemis_plugin.h"
//
//     ARTEMIS_MANIFEST("manifest = 1\n" "id = 'acme'\n" "version = '1.0.0'\n"
//                      "[[component]]\n" "kind = 'algorithm'\n" "name = 'rows'\n");
//
//     static int state; // There is none: any pointer will do.
//     static int32_t configure(const artemis_context *context, void **component, artemis_error *error) {
//         (void)context, (void)error, *component = &state;
//         return ARTEMIS_OK;
//     }
//     static int32_t initialize(void *component, const artemis_context *context,
//                               const struct ArrowSchema *const *inputs, uint32_t input_count,
//                               struct ArrowSchema *outputs, uint32_t output_count, artemis_error *error) {
//         (void)component, (void)context, (void)inputs, (void)input_count, (void)outputs, (void)output_count, (void)error;
//         return ARTEMIS_OK;
//     }
//     static int32_t new_instance(void *component, const artemis_context *context, void **instance, artemis_error *error) {
//         (void)component, (void)context, (void)error, *instance = &state;
//         return ARTEMIS_OK;
//     }
//     static void release(void *opaque) { (void)opaque; }
//     static int32_t execute(void *component, const artemis_context *context, void *instance, void *partial,
//                            const artemis_input *inputs, uint64_t input_count, artemis_error *error) {
//         (void)component, (void)instance, (void)partial, (void)error;
//         for (uint64_t i = 0; i < input_count; i++) {
//             context->host->count(context, artemis_text("rows"), (uint64_t)inputs[i].array->length);
//             inputs[i].array->release(inputs[i].array); // It was moved here.
//         }
//         return ARTEMIS_OK;
//     }
//     static const artemis_algorithm rows = {.struct_size = sizeof rows, .configure = configure, .release = release,
//         .initialize = initialize, .new_instance = new_instance, .release_instance = release, .execute = execute};
//     static const artemis_component components[] = {{.struct_size = sizeof(artemis_component),
//         .kind = ARTEMIS_KIND_ALGORITHM, .name = ARTEMIS_STR("rows"), .algorithm = &rows}};
//     ARTEMIS_EXPORT int32_t artemis_plugin_v1(const artemis_host *host, artemis_plugin *plugin, artemis_error *error) {
//         return artemis_enter(host, plugin, components, 1, error);
//     }
//
//     cc -std=c11 -O2 -fPIC -shared -o libacme.so acme.c
#ifndef ARTEMIS_PLUGIN_H
#define ARTEMIS_PLUGIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

