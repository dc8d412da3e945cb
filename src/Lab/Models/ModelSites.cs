using Heartwood.Lab.Probes;

namespace Heartwood.Lab.Models;

/// <summary>Which sites a model has.</summary>
public static class ModelSites
{
    /// <summary>
    /// The sites that pass in a whole pass, by layer. A layer whose attention or MLP is cut lacks what is inside it, one whose blocks stand
    /// side by side (<see cref="LayerShape.Parallel"/>) the stream between them, and a body without a head its scores.
    /// </summary>
    public static IReadOnlyList<Site> Sites(this IModel model)
    {
        List<Site> sites = [new(0, Point.Embeddings)];
        for (int layer = 0; layer < model.Layers.Count; layer++)
        {
            LayerShape shape = model.Layers[layer];
            List<Point> points = [Point.LayerIn];
            if (shape.Heads > 0)
                points.AddRange([Point.AttentionIn, Point.Query, Point.Key, Point.Value, Point.AttentionQuery, Point.AttentionKey,
                    Point.Heads]);
            points.Add(Point.AttentionOut);
            if (!shape.Parallel) points.Add(Point.Middle);
            if (shape.Neurons > 0) points.AddRange([Point.MlpIn, Point.Neurons]);
            points.AddRange([Point.MlpOut, Point.LayerOut]);
            if (layer == model.Layers.Count - 1 && model.Output != Output.None) points.AddRange([Point.BeforeScores, Point.Logits]);
            sites.AddRange(points.Select(point => new Site(layer, point)));
        }
        return sites;
    }

    /// <summary>Refuses a probe at a site that the model has not: it would never see anything.</summary>
    /// <exception cref="ArgumentException">there is no such site; the message says which there are</exception>
    internal static void RefuseUnknownSites(this IModel model, IProbe probe)
    {
        foreach (Site site in probe.Sites)
            if (model.Sites() is var there && !there.Contains(site))
                throw new ArgumentException($"This {model.Family} has no site {site}, and a probe is to be there. "
                    + WhatThereIs(model, there, site), nameof(probe));
    }

    static string WhatThereIs(IModel model, IReadOnlyList<Site> there, Site site)
    {
        Site[] elsewhere = [.. there.Where(one => one.Point == site.Point)];
        string also = elsewhere.Length switch
        {
            0 when site.Point == Point.Middle => " Attention and MLP stand side by side in all its layers: no stream is between them.",
            0 => "",
            1 => $" {site.Point} passes at {elsewhere[0]} alone.",
            _ => $" {site.Point} passes at {string.Join(", ", elsewhere)}.",
        };
        return site.Layer < 0 || site.Layer >= model.Layers.Count ? $"Its layers are 0 to {model.Layers.Count - 1}.{also}"
            : $"Layer {site.Layer} has {string.Join(", ", there.Where(one => one.Layer == site.Layer).Select(one => one.Point))}.{also}";
    }
}
