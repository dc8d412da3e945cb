using Heartwood.Lab.Checkpoints;
using Heartwood.Lab.Models;
using Heartwood.Lab.Tasks;
using Heartwood.Tensors;

namespace Heartwood.Lab.Training;

/// <summary>
/// A model with random weights: Xavier-normal matrices (Glorot and Bengio 2010, eq. 16 as a normal), small normal embeddings, zero biases.
/// The family says what it consists of.
/// </summary>
public static class UntrainedModel
{
    /// <summary>Makes one.</summary>
    /// <param name="family">one of <see cref="ModelFolder.Families"/></param>
    /// <param name="size">its size</param>
    /// <param name="vocabulary">number of token ids</param>
    /// <param name="labels">names of the labels; none for a model that gives scores to the vocabulary, whose output is its word embeddings'
    /// matrix: a language model, or an encoder that guesses masked words</param>
    /// <param name="seed">seed of the weights</param>
    /// <param name="recipe">how it begins; null for <see cref="FreshRecipe.Plain"/></param>
    /// <exception cref="ArgumentException">a size is not positive, the width does not divide into the heads, or the family has no token
    /// types for the recipe, or no head over the vocabulary</exception>
    /// <exception cref="CheckpointException">the family is not known</exception>
    public static IModel Make(
        string family, ModelSize size, int vocabulary, IReadOnlyList<string> labels, ulong seed, FreshRecipe? recipe = null)
    {
        recipe ??= FreshRecipe.Plain;
        if (size.Layers < 1 || size.Heads < 1 || size.Width < 1 || size.Neurons < 1 || size.Positions < 3 || size.Width % size.Heads != 0)
            throw new ArgumentException(
                $"A model needs at least 1 layer, head and neuron, 3 positions, and a width that its heads divide; this is {size}.",
                nameof(size));
        ModelFamily described = ModelFolder.FamilyOf(family, "the fresh model");
        if (recipe.TokenTypes != TokenTypeRule.Sentence && !described.ReadsTokenTypes)
            throw new ArgumentException($"The recipe {recipe.Name} of a fresh model (--fresh {recipe.Name}) needs a model that reads token "
                + $"types, which {family} does not. Take --fresh {FreshRecipe.Matching.Name}, or --family bert.", nameof(recipe));
        if (labels.Count == 0 && !described.HasVocabularyHead)
            throw new ArgumentException($"A {family} reads no running text here: it has no head over the vocabulary. "
                + $"Take --family {string.Join(", ", ModelFolder.OfVocabulary)}.", nameof(labels));
        FreshPlan plan = described.Fresh(
            new(family, size, vocabulary, TokenTypes.Count(recipe.TokenTypes), labels, recipe.Start));
        if (described.ReadsTokenTypes) plan.Config[OwnKeys.TokenTypes] = TokenTypes.NameOf(recipe.TokenTypes);
        return described.Load(
            NewHead.ToConfig(plan.Config, "the fresh model's config"),
            new(plan.Weights.ToDictionary(w => w.Name, w => Draw(w, seed)), "the fresh model"));
    }

    /// <summary>A model of the sizes of another, with weights drawn anew as <see cref="Make"/> draws them.</summary>
    /// <param name="model">the other</param>
    /// <param name="seed">seed of the weights</param>
    /// <exception cref="NotSupportedException">see <see cref="WhyNotLike"/></exception>
    public static IModel Like(IModel model, ulong seed)
    {
        if (WhyNotLike(model) is { } why) throw new NotSupportedException(why);
        Dictionary<string, FreshWeight> plan = PlanLike(model).Weights.ToDictionary(w => w.Name);
        return model.With(model.Config, model.Weights.Map((name, old) => Draw(plan[name] with { Axes = old.Shape.Axes.ToArray() }, seed)));
    }

    /// <summary>
    /// Why no model like this one can be drawn: its layers differ, or it has weights that fresh models of its family have not; null where
    /// it can.
    /// </summary>
    /// <param name="model">the model</param>
    public static string? WhyNotLike(IModel model)
    {
        if (model.Layers.Any(layer => layer.Heads != model.Layers[0].Heads || layer.Neurons != model.Layers[0].Neurons))
            return $"The layers of this {model.Family} differ, and fresh models have equal ones.";
        Dictionary<string, FreshWeight> plan = PlanLike(model).Weights.ToDictionary(w => w.Name);
        string? unknown = model.Weights.All.Keys.FirstOrDefault(name => !plan.ContainsKey(name)
            || plan[name].Axes.Length != model.Weights.All[name].Shape.Rank);
        return unknown is null ? null : $"A fresh {model.Family} has no weight {unknown} of that form.";
    }

    static FreshPlan PlanLike(IModel model)
    {
        LayerShape layer = model.Layers[0];
        ModelSize size = new(model.Layers.Count, layer.Heads, model.Width, layer.Neurons, model.MostPositions);
        return ModelFolder.FamilyOf(model.Family, "the fresh model").Fresh(
            new(model.Family, size, model.Vocabulary, model.TokenTypes, model.Labels, FreshStart.Independent));
    }

    static Tensor Draw(FreshWeight weight, ulong seed)
    {
        using Scope scope = Scope.Open();
        if (weight.Waves) return Sinusoids(weight.Axes[0], weight.Axes[1], weight.Deviation).KeepForever();
        if (weight.Purposes.Length == 0) return Tensor.Filled(weight.Constant, new(weight.Axes)).KeepForever();
        int[] piece = [.. weight.Axes];
        piece[weight.Along] /= weight.Purposes.Length;
        Tensor[] drawn = [.. weight.Purposes.Select(purpose => Tensor.Normal(new(seed, $"weights {purpose}"), weight.Deviation, piece))];
        return Movement.Concatenate(weight.Along, drawn).KeepForever();
    }

    // sines, then cosines, of wave lengths from 2π to 2000π
    static Tensor Sinusoids(int positions, int width, float height)
    {
        float[] waves = new float[positions * width];
        for (int p = 0; p < positions; p++)
            for (int i = 0; i < width; i++)
            {
                int half = width / 2, k = i < half ? i : i - half;
                double angle = p * Math.Exp(-k * Math.Log(1000) / half);
                waves[p * width + i] = height * (float)(i < half ? Math.Sin(angle) : Math.Cos(angle));
            }
        return Tensor.From(waves, positions, width);
    }
}
