import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadSimulation

/// What the volumes of a pod hold, with modes and owners, and how it changes.
@Suite struct VolumeTests {
    private static let time = Timestamp(seconds: 1_796_007_600, nanoseconds: 123_456_789)

    /// Every file of a tree as `mode user:group path[=content][-> target]`.
    static func listing(_ tree: FileTree, from node: Int = FileTree.root) -> [String] {
        var lines: [String] = []
        var open: [(node: Int, path: String)] = [(node, "")]
        while let (number, path) = open.popLast() {
            guard let node = tree.node(number) else { continue }
            let mode = String(node.mode, radix: 8)
            let head = "\(mode) \(node.user):\(node.group) \(path.isEmpty ? "/" : path)"
            switch node.content {
            case .directory(let children):
                lines.append(head)
                open += children.map { ($0.value, "\(path)/\($0.key)") }
            case .link(let target): lines.append("\(path) -> \(target)")
            case .file(let bytes): lines.append("\(head)=\(String(decoding: bytes, as: UTF8.self))")
            default: lines.append(head)
            }
        }
        return lines.sorted()
    }

    private func pod(_ volume: Value, _ more: Object = [:]) -> Value {
        var spec = more
        var named = volume
        named["name"] = "v"
        spec["volumes"] = [named]
        spec["nodeName"] = "node-1"
        spec["containers"] = [["name": "c", "resources": ["limits": ["memory": "64Mi"]]]]
        return [
            "metadata": ["name": "p", "namespace": "n", "uid": "u", "labels": ["app": "web"]], "spec": .object(spec),
        ]
    }

    private struct Tokens: ServiceAccountTokens {
        func token(for pod: Value, audience: String?, seconds: Int64) -> String? { "\(audience ?? "api").\(seconds)" }
    }

    private let objects = FixedObjects(
        FixedObjects.configMap("settings", ["data-1": "value-1", "data-2": "value-2"]),
        FixedObjects.secret("keys", ["key": "secret"]),
        FixedObjects.object("PersistentVolumeClaim", "claim", ["spec": ["volumeName": "pv-1"]]))

    private func projection(_ pod: Value, tokens: Bool = true) -> VolumeProjection {
        VolumeProjection(objects: objects, pod: pod, node: nil, tokens: tokens ? Tokens() : nil)
    }

    private func volumes(_ machine: NodeFiles = NodeFiles { Self.time }) -> PodVolumes {
        PodVolumes(machine: machine, images: TestImages()) { Self.time }
    }

    private func listing(_ volume: String, _ more: String = "{}") throws -> [String] {
        let pod = pod(try JSON.parse(Array(volume.utf8)).value, try JSON.parse(Array(more.utf8)).value.object ?? [:])
        let volumes = volumes()
        try volumes.mount(projection(pod))
        return Self.listing(try #require(volumes["v"]).tree)
    }

    private static let folder = "..2026_11_30_03_00_00.123456789"

    @Test func layoutOfAConfigMap() throws {
        #expect(
            Set(
                try listing(
                    #"{"configMap":{"name":"settings","items":[{"key":"data-2","path":"path/to/it","mode":256}]}}"#))
                == [
                    "777 0:0 /", "755 0:0 /\(Self.folder)", "755 0:0 /\(Self.folder)/path",
                    "755 0:0 /\(Self.folder)/path/to", "400 0:0 /\(Self.folder)/path/to/it=value-2",
                    "/..data -> \(Self.folder)", "/path -> ..data/path",
                ])
    }

    @Test(arguments: [
        (#"{"configMap":{"name":"settings","defaultMode":256}}"#, "{}", "400 0:0 data-1=value-1", "777 0:0 /"),
        (#"{"secret":{"secretName":"keys"}}"#, "{}", "644 0:0 key=secret", "1777 0:0 /"),
        (
            #"{"secret":{"secretName":"keys","defaultMode":288}}"#, #"{"securityContext":{"fsGroup":1001}}"#,
            "440 0:1001 key=secret", "3777 0:1001 /"
        ),
        (
            #"{"downwardAPI":{"items":[{"path":"labels","fieldRef":{"fieldPath":"metadata.labels"}}]}}"#, "{}",
            "644 0:0 labels=app=\"web\"", "1777 0:0 /"
        ),
        (
            #"{"downwardAPI":{"items":[{"path":"m","resourceFieldRef":{"containerName":"c","resource":"limits.memory"}}]}}"#,
            "{}", "644 0:0 m=67108864", "1777 0:0 /"
        ),
        (
            #"{"projected":{"sources":[{"serviceAccountToken":{"path":"token","expirationSeconds":600}}]}}"#, "{}",
            "644 0:0 token=api.600", "1777 0:0 /"
        ),
        (
            #"{"projected":{"sources":[{"serviceAccountToken":{"path":"token","audience":"vault"}}]}}"#,
            #"{"securityContext":{"runAsUser":1000}}"#, "600 1000:0 token=vault.3600", "1777 0:0 /"
        ),
        (
            #"{"projected":{"sources":[{"secret":{"name":"keys"}},{"configMap":{"name":"settings"}}]}}"#, "{}",
            "644 0:0 data-2=value-2", "1777 0:0 /"
        ),
    ])
    func files(volume: String, spec: String, file: String, root: String) throws {
        let lines = try listing(volume, spec)
        #expect(lines.contains(root))
        #expect(lines.contains { $0.replacing("/\(Self.folder)/", with: "") == file })
    }

    @Test(arguments: [
        (#"{"emptyDir":{}}"#, "{}", "777 0:0 /", "ext4"),
        (#"{"emptyDir":{"medium":"Memory"}}"#, "{}", "1777 0:0 /", "tmpfs"),
        (#"{"emptyDir":{}}"#, #"{"securityContext":{"fsGroup":123}}"#, "2777 0:123 /", "ext4"),
        (#"{"configMap":{"name":"none","optional":true}}"#, "{}", "777 0:0 /", "ext4"),
        (#"{"persistentVolumeClaim":{"claimName":"claim"}}"#, "{}", "777 0:0 /", "ext4"),
    ])
    func emptyVolumes(volume: String, spec: String, root: String, type: String) throws {
        let pod = pod(try JSON.parse(Array(volume.utf8)).value, try JSON.parse(Array(spec.utf8)).value.object ?? [:])
        let volumes = volumes()
        try volumes.mount(projection(pod))
        let tree = try #require(volumes["v"]).tree
        #expect(Self.listing(tree).first { $0.hasSuffix(" /") } == root)
        #expect(tree.type == type)
    }

    @Test(arguments: [
        (#"{"configMap":{"name":"none"}}"#, #"configmap "none" not found"#),
        (#"{"secret":{"secretName":"none"}}"#, #"secret "none" not found"#),
        (
            #"{"configMap":{"name":"settings","items":[{"key":"k","path":"p"}]}}"#,
            "configmap references non-existent config key: k"
        ),
        (
            #"{"secret":{"secretName":"keys","items":[{"key":"k","path":"p"}]}}"#,
            "references non-existent secret key: k"
        ),
        (#"{"persistentVolumeClaim":{"claimName":"none"}}"#, #"persistentvolumeclaim "none" not found"#),
        (
            #"{"hostPath":{"path":"/nothing","type":"Directory"}}"#,
            "hostPath type check failed: /nothing is not a directory"
        ),
        (#"{"hostPath":{"path":"/etc","type":"File"}}"#, "hostPath type check failed: /etc is not a file"),
        (#"{"hostPath":{"path":"/nothing","type":"File"}}"#, "hostPath type check failed: /nothing is not a file"),
        (#"{"hostPath":{"path":"/etc","type":"Socket"}}"#, "hostPath type check failed: /etc is not a socket file"),
    ])
    func whatIsMissingIsSaid(volume: String, message: String) throws {
        #expect(throws: ContainerFault.mount("v", message)) { try listing(volume) }
    }

    @Test func withoutTokensThereIsNoFile() throws {
        let pod = pod(["projected": ["sources": [["serviceAccountToken": ["path": "token"]]]]])
        #expect(try projection(pod, tokens: false).files(of: pod.items("spec", "volumes")[0]).isEmpty)
    }

    @Test func pathsStayInTheVolume() throws {
        let pod = pod(["emptyDir": [:]])
        let volumes = volumes()
        try volumes.mount(projection(pod))
        let tree = FileTree(modified: Self.time)
        let bad = ["../x", "a/../../x", "..data", "..x/y", "/abs", "a/./b", "", "/"]
        let file = ProjectedFile(bytes: [1], mode: 0o644)
        try AtomicWriter(tree: tree).write(Dictionary(uniqueKeysWithValues: bad.map { ($0, file) }), at: Self.time)
        #expect(Self.listing(tree).filter { $0.contains("=") } == ["644 0:0 /\(Self.folder)/abs=\u{1}"])
    }

    // MARK: - changes

    @Test func changesReplaceFilesAtOnce() throws {
        let pod = pod(["configMap": ["name": "settings", "optional": true]])
        let volumes = volumes()
        try volumes.mount(projection(pod))
        let files = ContainerFiles(root: try #require(volumes["v"]).tree) { Self.time }
        #expect(try files.text("/data-1") == "value-1")
        objects.put(FixedObjects.configMap("settings", ["data-1": "new", "data-3": "three"]))
        volumes.refresh(projection(pod))
        #expect(try files.text("/data-1") == "new")
        #expect(try files.text("/data-3") == "three")
        #expect(throws: FileError.notFound) { try files.text("/data-2") }
        #expect(try files.list("/", as: .root).count { $0.hasPrefix("..2026") } == 1)
        objects.remove("ConfigMap", "n", "settings")
        volumes.refresh(projection(pod))
        #expect(try files.list("/", as: .root).filter { !$0.hasPrefix("..") } == [])
    }

    @Test func labelsReachTheirFile() throws {
        var pod = pod(["downwardAPI": ["items": [["path": "labels", "fieldRef": ["fieldPath": "metadata.labels"]]]]])
        let volumes = volumes()
        try volumes.mount(projection(pod))
        #expect(!volumes.isOutdated(by: pod))
        pod.labels = ["app": "changed"]
        #expect(volumes.isOutdated(by: pod))
        volumes.refresh(projection(pod))
        #expect(!volumes.isOutdated(by: pod))
        let files = ContainerFiles(root: try #require(volumes["v"]).tree) { Self.time }
        #expect(try files.text("/labels") == "app=\"changed\"")
    }

    @Test func whatOutlivesAPod() throws {
        let machine = NodeFiles { Self.time }
        for source: Value in [["persistentVolumeClaim": ["claimName": "claim"]], ["hostPath": ["path": "/data"]]] {
            let first = volumes(machine)
            try first.mount(projection(pod(source)))
            let volume = try #require(first["v"])
            var files = ContainerFiles(root: volume.tree) { Self.time }
            files.add(Mount(path: "/", tree: volume.tree, node: volume.node))
            try files.write(Array("kept".utf8), to: "/file", as: .root)
            let second = volumes(machine)
            try second.mount(projection(pod(source)))
            let again = try #require(second["v"])
            files.add(Mount(path: "/", tree: again.tree, node: again.node))
            #expect(try files.text("/file") == "kept")
        }
    }

    // MARK: - subPath

    private func mounted(_ source: Value, _ mount: Value, _ variables: [String: String] = [:]) throws -> (
        ContainerFiles, PodVolumes
    ) {
        let pod = pod(source)
        let volumes = volumes()
        try volumes.mount(projection(pod))
        var spec = mount
        spec["name"] = "v"
        spec["mountPath"] = "/mnt"
        var files = ContainerFiles(root: FileTree(modified: Self.time)) { Self.time }
        try VolumeMounts(volumes: volumes, container: ["name": "c", "volumeMounts": [spec]], now: { Self.time }).add(
            to: &files
        ) { variables[$0] }
        return (files, volumes)
    }

    @Test func aSubPathIsMadeWithTheModeOfTheVolume() throws {
        let (files, volumes) = try mounted(["emptyDir": ["medium": "Memory"]], ["subPath": "a/b"])
        try files.write(Array("x".utf8), to: "/mnt/file", as: Credentials(user: 7, group: 7))
        #expect(Self.listing(try #require(volumes["v"]).tree).contains("644 7:7 /a/b/file=x"))
        #expect(try files.status("/mnt", as: .root).mode == 0o1777)
    }

    @Test func aSubPathOfAnObjectStaysAsItIs() throws {
        let (files, volumes) = try mounted(["configMap": ["name": "settings"]], ["subPath": "data-1"])
        #expect(try files.text("/mnt") == "value-1")
        objects.put(FixedObjects.configMap("settings", ["data-1": "new"]))
        volumes.refresh(projection(pod(["configMap": ["name": "settings"]])))
        #expect(try files.text("/mnt") == "value-1")
        #expect(throws: FileError.readOnly) { try files.write([], to: "/mnt", as: .root) }
    }

    @Test(
        arguments: [
            ("$(DIR)/x", ["DIR": "d"], nil), ("$(DIR)", [:], "missing value for DIR"),
            ("$(DIR)", ["DIR": ""], "missing value for DIR"),
            ("$(DIR)", ["DIR": "/tmp"], "error SubPath `/tmp` must not be an absolute path"),
            ("$(DIR)", ["DIR": ".."], "unable to provision SubPath `..`: must not contain '..'"),
        ] as [(String, [String: String], String?)])
    func expressions(text: String, variables: [String: String], message: String?) throws {
        do {
            _ = try mounted(["emptyDir": [:]], ["subPathExpr": .string(text)], variables)
            #expect(message == nil)
        } catch let fault as ContainerFault {
            #expect(fault == message.map { .configuration($0) })
        }
    }

    @Test func readOnlyMountsAreReadOnly() throws {
        let (files, _) = try mounted(["emptyDir": [:]], ["readOnly": true])
        #expect(throws: FileError.readOnly) { try files.write([], to: "/mnt/x", as: .root) }
    }
}
