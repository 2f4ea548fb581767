package import FairleadContainers
package import FairleadModel
package import FairleadPrograms

/// An image as the kubelet needs it.
package struct ContainerImage: Sendable {
    /// What the image says of its user: empty for root, `1000`, `1000:50`; nil if nothing is known of the image.
    package var user: String?
    package var environment: [(name: String, value: String)]
    package var workingDirectory: String
    /// The files of a new container, which nobody else changes.
    package var makeFiles: @Sendable () -> FileTree
    package var commands: any CommandTable

    package init(
        user: String? = nil, environment: [(name: String, value: String)] = [], workingDirectory: String = "/",
        commands: any CommandTable, makeFiles: @escaping @Sendable () -> FileTree
    ) {
        self.user = user
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.commands = commands
        self.makeFiles = makeFiles
    }
}

/// The images that nodes can pull, and what containers of them do.
package protocol ContainerImages: Sendable {
    /// Why the image cannot be pulled; nil if it can.
    ///
    /// - Parameter hasCredentials: whether the pod brings a password for the registry.
    func pullFailure(of reference: String, hasCredentials: Bool) -> PullFailure?
    func image(_ reference: String) -> ContainerImage
    /// What a container does.
    ///
    /// - Parameters:
    ///   - command: the `command` of the container, in place of the image's; empty if it has none.
    ///   - arguments: the `args` likewise.
    ///   - ports: the ports that the container declares.
    func plan(
        image reference: String, container: String, command: [String], arguments: [String], ports: [IdleContainer.Port]
    ) -> ContainerPlan
    /// How long the container is not ready after its start, whatever its probes say; nil if they decide.
    func readyAfter(image reference: String, container: String) -> Duration?
}

/// The images of the simulation's table, and the programs of the user.
package struct ProgramImages: ContainerImages {
    private let table: ImageTable
    private let user: UserPrograms?
    private let denied: [String]
    private let now: @Sendable () -> Timestamp
    /// The files of images with the places of those that the runtime adds. The copies of them share what none changes.
    private let prepared = Memo<String, FileTree>()
    private let failures = Memo<Pull, PullFailure?>()

    private struct Pull: Hashable {
        var reference: String
        var hasCredentials: Bool
    }

    /// - Parameters:
    ///   - user: programs that go before those of the table.
    ///   - denied: patterns of images that cannot be pulled.
    ///   - now: the time stamps of what is made.
    package init(
        table: ImageTable, user: UserPrograms? = nil, denied: [String] = [], now: @escaping @Sendable () -> Timestamp
    ) {
        self.table = table
        self.now = now
        self.user = user
        self.denied = denied
    }

    package func pullFailure(of reference: String, hasCredentials: Bool) -> PullFailure? {
        failures.answer(Pull(reference: reference, hasCredentials: hasCredentials)) {
            ImagePull.failure(of: reference, denied: denied, hasCredentials: hasCredentials)
        }
    }

    package func image(_ reference: String) -> ContainerImage {
        let description = table.description(of: reference)
        return ContainerImage(
            user: description.isKnown ? description.user : nil, environment: description.environment,
            workingDirectory: description.workingDirectory, commands: description.commands,
            makeFiles: { [prepared, now] in
                prepared.answer(reference) {
                    let tree = description.root()
                    SystemFiles.prepare(tree, now: now)
                    return tree
                }.copy()
            })
    }

    package func plan(
        image reference: String, container: String, command: [String], arguments: [String], ports: [IdleContainer.Port]
    ) -> ContainerPlan {
        .plan(
            image: reference, container: container, command: command, args: arguments, ports: ports,
            description: table.description(of: reference), user: user)
    }

    package func readyAfter(image reference: String, container: String) -> Duration? {
        user?.readyAfter(image: reference, container: container)
    }
}
