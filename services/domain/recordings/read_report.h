// What a reader has to say about its files besides what it read: lines that it skipped, and what it
// supposed. Not thread safe.

#ifndef SERVICES_DOMAIN_RECORDINGS_READ_REPORT_H_
#define SERVICES_DOMAIN_RECORDINGS_READ_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace veille::domain {

struct ReadReport {
  // Lines that could not be read: "file:line: reason". At most 100 are kept; all are counted.
  std::vector<std::string> bad_lines;
  uint64_t bad_line_count = 0;
  // What people should know of the recording: what was supposed, and what was passed over.
  std::vector<std::string> notes;

  void AddBadLine(const std::string& file, int line, const std::string& reason);
  void AddNote(const std::string& note) { notes.push_back(note); }
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_RECORDINGS_READ_REPORT_H_
