#ifdef __linux__
#define _GNU_SOURCE
#include "internal.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct image images[64];
static int image_count;

static int remember(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    (void)context;
    if (image_count == (int)(sizeof images / sizeof images[0])) return 1;
    struct image *image = &images[image_count];
    image->base = info->dlpi_addr;
    image->start = UINTPTR_MAX;
    image->end = 0;
    for (int index = 0; index < info->dlpi_phnum; index++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[index];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X)) continue;
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        if (start < image->start) image->start = start;
        if (start + header->p_memsz > image->end) image->end = start + header->p_memsz;
    }
    const char *path = info->dlpi_name;
    char own[256];
    if (image_count == 0) {
        ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
        own[length > 0 ? length : 0] = 0;
        path = own;
    }
    const char *slash = strrchr(path, '/');
    strncpy(image->name, slash ? slash + 1 : path, sizeof image->name - 1);
    if (image->end > 0) image_count++;
    return 0;
}

void images_remember(void) {
    image_count = 0;
    dl_iterate_phdr(remember, NULL);
}

const struct image *image_at(uintptr_t address) {
    for (int index = 0; index < image_count; index++) {
        if (address >= images[index].start && address < images[index].end) return &images[index];
    }
    return NULL;
}

// The symbol table of the file, if it is intact.
static const ElfW(Sym) *table(const char *file, size_t size, size_t *count, const char **strings, size_t *strings_size) {
    const ElfW(Ehdr) *header = (const void *)file;
    if (size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return NULL;
    if (header->e_shentsize != sizeof(ElfW(Shdr)) || header->e_shoff > size) return NULL;
    if (header->e_shnum > (size - header->e_shoff) / sizeof(ElfW(Shdr))) return NULL;
    const ElfW(Shdr) *sections = (const void *)(file + header->e_shoff);
    for (size_t index = 0; index < header->e_shnum; index++) {
        const ElfW(Shdr) *section = &sections[index];
        if (section->sh_type != SHT_SYMTAB || section->sh_link >= header->e_shnum) continue;
        const ElfW(Shdr) *names = &sections[section->sh_link];
        if (section->sh_offset > size || section->sh_size > size - section->sh_offset) return NULL;
        if (names->sh_offset > size || names->sh_size > size - names->sh_offset || names->sh_size == 0) return NULL;
        *count = section->sh_size / sizeof(ElfW(Sym));
        *strings = file + names->sh_offset;
        *strings_size = names->sh_size;
        return (*strings)[names->sh_size - 1] == 0 ? (const void *)(file + section->sh_offset) : NULL;
    }
    return NULL;
}

void symbols_find(const uintptr_t *addresses, int count, const char **names, uintptr_t *starts) {
    for (int index = 0; index < count; index++) names[index] = NULL;
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    struct stat status;
    void *bytes = MAP_FAILED;
    if (fstat(file, &status) == 0 && status.st_size > 0) {
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    }
    close(file);
    if (bytes == MAP_FAILED) return;
    size_t symbol_count = 0, strings_size = 0;
    const char *strings = NULL;
    const ElfW(Sym) *symbols = table(bytes, (size_t)status.st_size, &symbol_count, &strings, &strings_size);
    if (symbols == NULL) return;
    // The mapping is kept: the names point into it, and the process is about to end.
    for (size_t place = 0; place < symbol_count; place++) {
        const ElfW(Sym) *symbol = &symbols[place];
        if ((symbol->st_info & 15) != STT_FUNC || symbol->st_size == 0 || symbol->st_name >= strings_size) continue;
        uintptr_t start = images[0].base + symbol->st_value;
        for (int index = 0; index < count; index++) {
            if (addresses[index] < start || addresses[index] - start >= symbol->st_size) continue;
            names[index] = strings + symbol->st_name;
            starts[index] = start;
        }
    }
}
#endif
