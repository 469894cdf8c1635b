
#if defined(__GNUC__)
#define ARTEMIS_VISIBLE_ __attribute__((visibility("default")))
#define ARTEMIS_USED_ __attribute__((used))
#else
#define ARTEMIS_VISIBLE_
#define ARTEMIS_USED_
#endif
#ifdef __cplusplus
#define ARTEMIS_C_ extern "C"
#else
#define ARTEMIS_C_ extern
#endif
// Before the definition of `artemis_plugin_v1`: it is visible whatever the compiler's flags hide.
#define ARTEMIS_EXPORT ARTEMIS_C_ ARTEMIS_VISIBLE_ ARTEMIS_USED_
ARTEMIS_EXPORT int32_t artemis_plugin_v1(const artemis_host *host, artemis_plugin *plugin, artemis_error *error);

// Once per library, outside of functions: puts the manifest, a TOML text in UTF-8, into the file. Its keys: `manifest = 1`,
// id, version; and where wanted vendor, licence, description, compiler, arrow, deterministic. Per [[component]]
// kind, name; doc, outputs, accepts (Arrow types, or "*"), ordered, partial ("none", "exact", or a bound in words). Per
// [[component.property]] name, type (bool int float string list table path duration bytes); default, required, choices, min,
// max, secret, doc, aliases, deprecated.
#define ARTEMIS_MANIFEST(text_)                                                                                \
    typedef struct {                                                                                           \
        uint8_t magic[8];                                                                                      \
        uint32_t abi_major, abi_minor;                                                                         \
        uint64_t text_len;                                                                                     \
        char text[sizeof(text_)];                                                                              \
    } artemis_manifest_t_;                                                                                     \
    ARTEMIS_C_ ARTEMIS_VISIBLE_ const artemis_manifest_t_ artemis_manifest_v1;                                 \
    ARTEMIS_USED_ const artemis_manifest_t_ artemis_manifest_v1 = {                                            \
        {'A', 'R', 'T', 'E', 'M', 'I', 'S', 1}, ARTEMIS_ABI_MAJOR, ARTEMIS_ABI_MINOR, sizeof(text_) - 1, text_}

#define ARTEMIS_STR(literal_) {(const uint8_t *)(literal_), sizeof(literal_) - 1}

// A text as an artemis_str; borrowed. ARTEMIS_STR is for initializers.
static inline artemis_str artemis_text(const char *text) {
    artemis_str out = {(const uint8_t *)text, text ? (uint64_t)strlen(text) : 0};
    return out;
}

// Fills the caller's place for an error and gives back the status: `return artemis_fail(error, ARTEMIS_ERROR, "why");`
static inline int32_t artemis_fail(artemis_error *error, int32_t status, const char *text) {
    if (error) {
        size_t len = text ? strlen(text) : 0;
        if (len >= sizeof error->text) len = sizeof error->text - 1;
        error->status = status;
        error->record = error->offset = -1;
        error->column[0] = 0;
        if (len) memcpy(error->text, text, len);
        error->text[len] = 0;
    }
    return status;
}

// What `artemis_plugin_v1` does: hands out the components, which live as long as the process.
static inline int32_t artemis_enter(const artemis_host *host, artemis_plugin *plugin,
                                    const artemis_component *components, uint64_t count, artemis_error *error) {
    if (host->abi_major != ARTEMIS_ABI_MAJOR)
        return artemis_fail(error, ARTEMIS_UNSUPPORTED, "the plugin is built for another major revision of the ABI");
    if (plugin->struct_size > sizeof *plugin) plugin->struct_size = sizeof *plugin;
    plugin->abi_minor = ARTEMIS_ABI_MINOR;
    plugin->components = components, plugin->component_count = count;
    return ARTEMIS_OK;
}

#ifdef __cplusplus
}
#endif
#endif
