import FairleadAPI
import FairleadDNS
import FairleadIdentity
import FairleadModel
import FairleadPodNetwork
import FairleadPrograms
import FairleadRouting
import FairleadSimulation
import Foundation

/// What is in the machines of a simulated cluster: the images and programs of containers, and the network between them.
struct SimulatedMachines: Sendable {
    let runtime: ContainerRuntime
    /// What the user says of the life of pods.
    let stages: PodStages

    /// - Parameter names: answers what pods ask the cluster's DNS; nil if there is none.
    /// - Throws: if the files with the user's programs and stages cannot be read.
    init(
        _ configuration: ServerConfiguration, api: API, tokens: TokenAuthority, environment: Environment,
        names: PodNetwork.NameAsker? = nil
    ) throws(StartupError) {
        let clock = SystemDelayClock()
        let routing = FollowedRouting(
            StoreRoutingRecords(store: api.store),
            settings: RoutingSettings(
                clusterCIDRs: configuration.podCIDRs, serviceCIDRs: configuration.serviceClusterIPRanges,
                clusterDomain: configuration.clusterDomain))
        let network = PodNetwork(routing: routing, clock: clock, now: environment.now, names: names)
        var settings = ContainerRuntime.Settings()
        settings.clusterDomain = configuration.clusterDomain
        settings.tokens = PodTokens(api: api, tokens: tokens)
        let cluster = ResolverConfiguration.Cluster(
            domain: configuration.clusterDomain,
            nameserver: KubeDNS.address(in: configuration.serviceClusterIPRanges[0]))
        let node = ResolvConfPage.node
        settings.resolvConf = { ResolverConfiguration(pod: $0, cluster: cluster, host: node).text }
        let images = ProgramImages(
            table: ImageTable(tokens: IssuedTokenVerifier(tokens: tokens), now: environment.now),
            user: try Self.programs(configuration.programs),
            denied: configuration.missingImages, now: environment.now)
        stages = try StageFolder.read(configuration.stages)
        runtime = ContainerRuntime(
            images: images,
            networks: ClusterNetworks(network: network),
            settings: settings, now: environment.now, clock: clock)
    }

    private static func programs(_ path: String?) throws(StartupError) -> UserPrograms? {
        guard let path else { return nil }
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw StartupError("--programs \(path): \(error.localizedDescription)")
        }
        do throws(UserPrograms.Fault) {
            return try UserPrograms(yaml: text)
        } catch {
            throw StartupError("--programs \(path): \(error)")
        }
    }
}
