// A folder for a fuzzer to put its input into, as readers read files; and its input cut into files.

#ifndef TESTS_FUZZ_READER_FOLDER_H_
#define TESTS_FUZZ_READER_FOLDER_H_

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

namespace veille::fuzz {

class ReaderFolder {
 public:
  // In memory, where there is such a place: files are written for every input.
  ReaderFolder() {
    const std::filesystem::path memory = "/dev/shm";
    const auto root =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    path_ = (root / ("veille-fuzz-" + std::to_string(getpid()))).string();
    std::filesystem::create_directories(path_);
  }
  ~ReaderFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  void Write(const std::string& name, const std::string& text) const {
    std::FILE* file = std::fopen((path_ + "/" + name).c_str(), "wb");
    if (file == nullptr) std::abort();
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }

 private:
  std::string path_;
};

// Cut at lines that are "====".
inline std::vector<std::string> CutIntoFiles(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string cut = "====\n";
  std::vector<std::string> files;
  std::size_t from = 0;
  while (true) {
    const std::size_t to = text.find(cut, from);
    files.push_back(text.substr(from, to == std::string::npos ? to : to - from));
    if (to == std::string::npos) return files;
    from = to + cut.size();
  }
}

}  // namespace veille::fuzz

#endif  // TESTS_FUZZ_READER_FOLDER_H_
