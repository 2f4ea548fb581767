import CFairleadNamespaces

/// Runs programs in namespaces of the lab.
package enum LabVisit {
    /// Becomes the program; returns only if that fails.
    ///
    /// - Parameters:
    ///   - namespace: the path that the namespace is bound to.
    ///   - files: pairs of a file and the one that it stands in for, for this program only.
    ///   - command: the program, from $PATH or with a path, and its arguments.
    package static func become(namespace: String, files: [String], command: [String]) -> SystemFailure {
        guard let program = command.first else { return SystemFailure("running nothing", code: 22) }
        let descriptor = fairlead_namespace_open(namespace)
        if descriptor < 0 { return SystemFailure("opening the network namespace \(namespace)", code: -descriptor) }
        let (pairs, arguments) = (Programs.block(files), Programs.block(command))
        let result = fairlead_become(descriptor, pairs, pairs.count, program, arguments, arguments.count)
        return SystemFailure("running \(program) there", code: -result)
    }

    /// Becomes another program in place of this one, in the namespaces that it is in; returns only if that fails.
    package static func become(_ command: [String]) -> SystemFailure {
        guard let program = command.first else { return SystemFailure("running nothing", code: 22) }
        let arguments = Programs.block(command)
        return SystemFailure("running \(program)", code: -fairlead_execute(program, arguments, arguments.count))
    }
}
