import CFairleadNamespaces
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Takes away what a lab has made: the processes in its namespaces, and the namespaces. Only what bears its name.
package struct Leftovers: Sendable {
    package let folder: LabFolder

    package init(_ folder: LabFolder) { self.folder = folder }

    /// Blocks for up to three seconds while processes end.
    ///
    /// - Returns: how many namespaces there were, and what could not be removed.
    package func remove() -> (namespaces: Int, failures: [SystemFailure]) {
        let names = folder.boundNamespaces
        let identities = Set(names.map { fairlead_namespace_identity(folder.namespace($0)) }).subtracting([0])
        endProcesses(in: identities)
        var failures: [SystemFailure] = []
        for name in names {
            do throws(SystemFailure) {
                try Namespaces.remove(folder.namespace(name))
            } catch {
                failures.append(error)
            }
        }
        return (names.count, failures)
    }

    /// Told to end, and two seconds later made to.
    private func endProcesses(in namespaces: Set<UInt>) {
        guard !namespaces.isEmpty else { return }
        for signal in [SIGTERM, SIGKILL] {
            for process in processes(in: namespaces) { kill(process, signal) }
            for _ in 0..<40 {
                if processes(in: namespaces).isEmpty { return }
                usleep(50_000)
            }
        }
    }

    private func processes(in namespaces: Set<UInt>) -> [pid_t] {
        // Without /proc nothing can be found.
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { pid_t($0) }.filter { process in
            process != getpid() && namespaces.contains(fairlead_namespace_identity("/proc/\(process)/ns/net"))
        }
    }
}
