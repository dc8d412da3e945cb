using Heartwood.Lab.Runs;

namespace Heartwood.Lab.Tasks;

/// <summary>Data that was read, each with its role; a file that stands in several places is read once.</summary>
public sealed class DataSets
{
    readonly IReadOnlyList<(Role Role, DataSource Source)> all;

    /// <summary>Data by role.</summary>
    public DataSets(IEnumerable<(Role Role, DataSource Source)> sets) => all = [.. sets.OrderBy(s => s.Role)];

    /// <summary>Reads everything that is asked for.</summary>
    /// <exception cref="FormatException">a specification is not understood</exception>
    /// <exception cref="Tables.TableException">a file cannot be read, or anything is wrong with it</exception>
    public static DataSets Read(IEnumerable<NamedData> asked)
    {
        Dictionary<string, DataSource> read = [];
        return new(asked.Select(one => (one.Role, Once(one.Data) with { SetName = one.Name })).ToArray());

        DataSource Once(string data) => read.TryGetValue(data, out DataSource? before) ? before : read[data] = DataSource.Read(data);
    }

    /// <summary>The sources of a role, in the order in which they were named.</summary>
    public IReadOnlyList<DataSource> this[Role role] => [.. all.Where(s => s.Role == role).Select(s => s.Source)];

    /// <summary>All sources, those to learn on first.</summary>
    public IEnumerable<DataSource> Sources => all.Select(s => s.Source);

    /// <summary>The sets that are measured on and reported: without the data to learn on and the data to choose by.</summary>
    public DataSets ToMeasure => new(all.Where(s => s.Role is not (Role.Train or Role.Choosing)));

    /// <summary>Refuses data to choose by that is reported too: rows of one file that stand in both.</summary>
    /// <exception cref="ArgumentException">there are such rows</exception>
    internal void RefuseChoosingByReported()
    {
        foreach (DataSource chooses in this[Role.Choosing])
            foreach (DataSource reported in ToMeasure.Sources.Where(s => s.Sha256 == chooses.Sha256))
            {
                HashSet<string> places = [.. reported.Rows.Select(row => row.Place.InFile)];
                int both = chooses.Rows.Count(row => places.Contains(row.Place.InFile));
                if (both > 0)
                    throw new ArgumentException($"--choose-on {chooses.Name}: {both} of its rows are measured and reported too "
                        + $"({reported.Name}), so the subnetwork would be chosen by what it is then judged on. Give rows of their own, or "
                        + "leave --choose-on out: then the in-domain set chooses.");
            }
    }

    /// <summary>What the manifest says of them.</summary>
    public IEnumerable<DataFacts> Facts =>
        all.Select(s => new DataFacts(NamedData.WordFor(s.Role), s.Source.Name, s.Source.Rows.Count, s.Source.Sha256));

    /// <summary>
    /// Parts the data to learn on into what is learned on and what is measured on in-domain, see <see cref="DataSource.HoldOut"/>.
    /// </summary>
    public DataSets HoldOut(int most)
    {
        var (left, heldOut) = DataSource.HoldOut(this[Role.Train], most);
        return new([.. left.Select(s => (Role.Train, s)), .. heldOut.Select(s => (Role.InDomain, s)),
            .. all.Where(s => s.Role is not (Role.Train or Role.InDomain))]);
    }

    /// <summary>
    /// Refuses pipes where a run is opened again later, by <c>evaluate</c>, <c>compare</c> or <c>cut</c>, and reads its data once more.
    /// </summary>
    /// <exception cref="InvalidDataException">one of the sources is a pipe</exception>
    internal void RefusePipes()
    {
        if (Sources.FirstOrDefault(s => s.ReadOnce) is { } pipe)
            throw new InvalidDataException($"{pipe.Name}: expected a file that can be read again, "
                + "when the run is resumed, evaluated or cut; found a pipe, which can be read once. "
                + "Save what comes out of it to a file, and give that (gzip and Parquet are read as they are).");
    }
}
