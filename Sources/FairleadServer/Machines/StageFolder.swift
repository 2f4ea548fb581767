import FairleadPrograms
import FairleadSimulation
import Foundation

/// The folder with the user's stages (`--stages DIR`).
enum StageFolder {
    private static let endings = [".yaml", ".yml", ".json"]
    private static let mostFiles = 1000

    /// - Throws: what is wrong first, with the file.
    static func read(_ path: String?) throws(StartupError) -> PodStages {
        guard let path else { return PodStages() }
        let names: [String]
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw StartupError("--stages \(path): there is no such folder")
        }
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            throw StartupError("--stages \(path): \(error.localizedDescription)")
        }
        let files = names.filter { name in !name.hasPrefix(".") && endings.contains { name.hasSuffix($0) } }
        guard (1...mostFiles).contains(files.count) else {
            let problem = files.isEmpty ? "there is no file" : "there are more than \(mostFiles) files"
            throw StartupError("--stages \(path): \(problem) whose name ends in .yaml, .yml or .json")
        }
        var sources: [PodStages.Source] = []
        for name in files { sources.append(PodStages.Source(name: name, text: try text(of: name, in: path))) }
        do throws(FieldFault) {
            return try PodStages(sources)
        } catch {
            throw StartupError("--stages \(path): \(error)")
        }
    }

    private static func text(of name: String, in folder: String) throws(StartupError) -> String {
        let file = URL(filePath: folder, directoryHint: .isDirectory).appending(path: name)
        do {
            // A pipe or a device has no size that could be checked.
            let values = try file.resolvingSymlinksInPath().resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey])
            guard values.isRegularFile == true, let size = values.fileSize, size <= PodStages.largestFile else {
                throw StartupError(
                    "--stages \(folder): \(name): must be a regular file of at most \(PodStages.largestFile) bytes")
            }
            guard let text = String(validating: try Data(contentsOf: file), as: UTF8.self) else {
                throw StartupError("--stages \(folder): \(name): must be UTF-8")
            }
            return text
        } catch let error as StartupError {
            throw error
        } catch {
            throw StartupError("--stages \(folder): \(name): \(error.localizedDescription)")
        }
    }
}
