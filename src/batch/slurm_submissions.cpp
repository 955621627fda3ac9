#include "batch/slurm_submissions.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <random>
#include <sstream>

#include "batch/worker.hpp"
#include "core/files.hpp"

namespace tessera::batch {

namespace {

std::string new_tag() {
  std::random_device device;
  return fmt::format("{:08x}", device());
}

std::string now() {
  char text[32] = "";
  const std::time_t seconds = std::time(nullptr);
  std::tm parts = {};
  std::strftime(text, sizeof text, "%FT%TZ", ::gmtime_r(&seconds, &parts));
  return text;
}

}  // namespace

std::string slurm_file(const BatchFolder& batch, const std::string& name) { return batch.file("slurm") + "/" + name; }

std::string owner_path(const BatchFolder& batch, Index submission, Index element) {
  return slurm_file(batch, fmt::format("owner-{}-{}", submission, element));
}

SlurmSubmissions::SlurmSubmissions(const BatchFolder& batch, const std::string& name)
    : batch_(batch), prefix_(name + "-" + new_tag()) {
  const std::string path = batch.file("engine.json");
  const std::optional<std::string> text = read_file(path);
  if (!text) return;
  try {
    const Record record = Record::from_json(*text, path);
    prefix_ = record.get<std::string>("prefix");
    next_ = record.get<Index>("next");
    const auto numbers = record.get<std::vector<Index>>("submissions");
    const auto arrays = record.get<std::vector<Index>>("arrays");
    for (std::size_t i = 0; i < numbers.size(); ++i) arrays_[numbers[i]] = arrays.at(i);
  } catch (const std::exception& error) {
    throw IoError(path + ": expected the submissions of a batch: " + error.what());
  }
}

std::vector<Index> SlurmSubmissions::open() const {
  std::vector<Index> numbers;
  for (const auto& [number, array] : arrays_) numbers.push_back(number);
  return numbers;
}

std::vector<std::string> SlurmSubmissions::names() const {
  std::vector<std::string> names;
  for (const auto& [number, array] : arrays_) names.push_back(name(number));
  return names;
}

std::string SlurmSubmissions::name(Index submission) const { return fmt::format("{}-{}", prefix_, submission); }

std::optional<Index> SlurmSubmissions::submission_of(const QueuedJob& job) const {
  for (const auto& [number, array] : arrays_) {
    if (job.name == name(number)) return number;
  }
  return std::nullopt;
}

Index SlurmSubmissions::begin(const std::vector<Block>& blocks) {
  const Index submission = next_++;
  create_folders(batch_.file("slurm"));
  std::string lines;
  for (const Block& block : blocks) lines += to_ranges(block) + "\n";
  write_file(slurm_file(batch_, fmt::format("blocks-{}", submission)), lines);
  arrays_[submission] = 0;
  save();
  return submission;
}

void SlurmSubmissions::submitted(Index submission, Index array, const std::string& command) {
  arrays_.at(submission) = array;
  save();
  append_to_file(slurm_file(batch_, "submissions.log"), fmt::format("{} {}\n  job {}\n", now(), command, array));
}

void SlurmSubmissions::forget(Index submission) {
  ::unlink(slurm_file(batch_, fmt::format("blocks-{}", submission)).c_str());
  arrays_.erase(submission);
  save();
}

void SlurmSubmissions::save() const {
  std::vector<Index> arrays;
  for (const auto& [number, array] : arrays_) arrays.push_back(array);
  const Record record{{"prefix", prefix_}, {"next", next_}, {"submissions", open()}, {"arrays", arrays}};
  write_file(batch_.file("engine.json"), record.to_json() + "\n");
}

std::optional<std::vector<Block>> blocks_of(const BatchFolder& batch, Index submission) {
  const auto text = read_file(slurm_file(batch, fmt::format("blocks-{}", submission)));
  if (!text) return std::nullopt;
  std::vector<Block> blocks;
  std::istringstream stream(*text);
  for (std::string line; std::getline(stream, line);) blocks.push_back(from_ranges(line));
  return blocks;
}

void cancel_slurm_jobs(const BatchFolder& batch) { cancel_jobs(SlurmSubmissions(batch).names()); }

bool has_slurm_jobs(const BatchFolder& batch) { return read_file(batch.file("engine.json")).has_value(); }

SlurmWork slurm_work(const BatchFolder& batch) {
  const SlurmSubmissions submissions(batch);
  std::map<Index, std::optional<std::vector<Block>>> blocks;
  for (const Index submission : submissions.open()) blocks[submission] = blocks_of(batch, submission);
  SlurmWork work;
  for (const QueuedJob& job : queued_jobs(submissions.names())) {
    ++(job.running() ? work.jobs_running : work.jobs_waiting);
    const auto submission = submissions.submission_of(job);
    if (!job.running() || !submission) continue;
    const auto& all = blocks.at(*submission);
    const auto element = static_cast<std::size_t>(job.element);
    if (all && element < all->size()) work.running.push_back((*all)[element]);
  }
  return work;
}

}  // namespace tessera::batch
