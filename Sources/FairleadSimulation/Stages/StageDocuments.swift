import FairleadModel
import FairleadPrograms

/// The documents of a file with Stages, which `---` separates.
enum StageDocuments {
    struct Document {
        var value: Value
        var source: String
        var number: Int

        /// Names the file and the stage; a stage without a name by the number of its document.
        func fault(_ message: String) -> FieldFault {
            // Which stage is meant, as far as that can be said.
            let name = (try? StageReader.name(of: value)).map { "stage \($0)" } ?? "document \(number)"
            return FieldFault(message: "\(source): \(name): \(message)")
        }
    }

    static func read(_ source: PodStages.Source) throws(FieldFault) -> [Document] {
        var documents: [Document] = []
        for (index, text) in split(source.text).enumerated() {
            let parsed: JSON.Parsed
            do throws(YAML.ParseError) {
                parsed = try YAML.parse(Array(text.utf8))
            } catch {
                throw FieldFault(message: "\(source.name): document \(index + 1): \(error.message)")
            }
            if let line = parsed.duplicateLines.first {
                throw FieldFault(message: "\(source.name): document \(index + 1): yaml: \(line)")
            }
            if parsed.value.isNull { continue }
            documents.append(Document(value: parsed.value, source: source.name, number: index + 1))
        }
        return documents
    }

    private static func split(_ text: String) -> [String] {
        var documents = [""]
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            if line == "---" || line.hasPrefix("--- ") {
                documents.append("")
            } else {
                documents[documents.count - 1] += line + "\n"
            }
        }
        return documents
    }
}
