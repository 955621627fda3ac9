#include <atomic>
#include <cstdlib>

#include "kernels/cpu/simd/active.hpp"
#include "kernels/cpu_dispatch.hpp"
#include "tessera/core/error.hpp"

namespace tessera::kernels {

namespace {

std::atomic<const simd::Table*> g_active{nullptr};

const simd::Table* find_table(const std::string& level, const std::string& asked_by) {
  std::string runnable;
  for (const simd::Table* table : simd::runnable_tables()) {
    if (level == table->level) return table;
    runnable += (runnable.empty() ? "" : ", ") + std::string(table->level);
  }
  throw ArgumentError(asked_by + ": expected an instruction-set level this processor can run (" + runnable +
                      "), found \"" + level + "\"");
}

const simd::Table* choose_table() {
  const char* forced = std::getenv("TESSERA_SIMD");
  return forced ? find_table(forced, "TESSERA_SIMD") : simd::runnable_tables().back();
}

}  // namespace

const simd::Table& simd::active() {
  const Table* table = g_active.load(std::memory_order_relaxed);
  if (!table) {
    // Threads that meet here choose the same table.
    table = choose_table();
    g_active.store(table, std::memory_order_relaxed);
  }
  return *table;
}

std::vector<std::string> simd_levels() {
  std::vector<std::string> levels;
  for (const simd::Table* table : simd::runnable_tables()) levels.emplace_back(table->level);
  return levels;
}

std::string default_simd() { return choose_table()->level; }

std::string selected_simd() { return simd::active().level; }

void select_simd(const std::string& level) { g_active.store(find_table(level, "select_simd")); }

}  // namespace tessera::kernels
