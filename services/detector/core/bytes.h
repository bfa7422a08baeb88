// The bytes of a message, the same each time: protobuf writes maps (the parameters in force, in a
// finding's evidence) in any order unless it is asked not to. Pure; thread safe.

#ifndef SERVICES_DETECTOR_CORE_BYTES_H_
#define SERVICES_DETECTOR_CORE_BYTES_H_

#include <string>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/message_lite.h"

namespace veille::detector {

inline std::string ToBytes(const google::protobuf::MessageLite& message) {
  std::string bytes;
  bytes.reserve(message.ByteSizeLong());  // One piece of memory, of the right size.
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_BYTES_H_
