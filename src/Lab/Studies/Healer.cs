using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Exports.Transformers;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;
using Heartwood.Lab.Training.Objectives;
using Heartwood.Tensors;

namespace Heartwood.Lab.Studies;

/// <summary>One training of a run.</summary>
/// <param name="Key">its name in the run: what it began as, on what loss it is trained, by whom, with which seed, how long</param>
/// <param name="InWords">what is healed: "the cut"</param>
/// <param name="Start">gives the model as it is before</param>
/// <param name="Options">how it is trained</param>
/// <param name="Loss">what is made small</param>
/// <param name="Teachers">gives the teachers, where the loss has any</param>
/// <param name="Into">the folder in the run that the model is written to, where one stands there it is replaced; null where it is only
/// measured</param>
sealed record HealingArm(
    string Key, string InWords, Func<IModel> Start, TrainingOptions Options, IObjective Loss, Func<IReadOnlyList<IModel>>? Teachers,
    string? Into);

/// <summary>What is kept of a training.</summary>
/// <param name="Stored">the model as it is stored, and where</param>
/// <param name="After">what it reaches</param>
sealed record HealedArm(StoredModel Stored, Measured After);

/// <summary>
/// Trains models of one run on the same examples, each a job of the run: its state is kept in <c>heal/KEY.safetensors</c> until it is
/// done, so that a run that is stopped goes on with the same bits, and <c>heal/KEY.json</c> holds what came of it.
/// </summary>
/// <param name="folder">the run</param>
/// <param name="examples">what they are trained on</param>
/// <param name="problem">what is asked</param>
/// <param name="loaded">the run's model, whose tokenizer is written next to the weights</param>
/// <param name="precision">at which the stored models are measured</param>
/// <param name="measure">measures a model on every set</param>
/// <param name="progress">hears of every step</param>
/// <param name="stop">ends the work</param>
sealed class Healer(RunFolder folder, IReadOnlyList<Example> examples, IProblem problem, LoadedModel loaded,
    Precision precision, Func<IModel, Measured> measure, IProgress<Progress> progress, CancellationToken stop)
{
    const int StepsBetweenStates = 50;

    /// <summary>The file that one is done by.</summary>
    public static string FileOf(HealingArm arm) => $"heal/{arm.Key}.json";

    /// <summary>The job that trains one, stores it in the dtypes of its source, and measures what was stored.</summary>
    /// <param name="arm">what is trained</param>
    /// <param name="place">its number among all, "3 of 12"; "" where it is alone</param>
    public Job Healing(HealingArm arm, string place) => new(FileOf(arm), () =>
    {
        string state = $"heal/{arm.Key}.safetensors", written = arm.Into ?? $"heal/{arm.Key}";
        Trainer trainer = new(arm.Start(), examples, arm.Options, problem, arm.Loss, arm.Teachers?.Invoke() ?? []);
        if (folder.Has(state)) trainer.Restore(folder.PathOf(state));
        string stage = $"healing {arm.InWords}{(place == "" ? "" : $", {place}")}";
        double smooth = double.NaN;
        while (trainer.Step < trainer.Steps)
        {
            if (stop.IsCancellationRequested)
            {
                folder.Write(state, trainer.Save);
                stop.ThrowIfCancellationRequested();
            }
            TrainingLine line = trainer.Advance();
            smooth = double.IsNaN(smooth) ? line.Loss : 0.98 * smooth + 0.02 * line.Loss;
            progress.Report(new(stage, line.Step, trainer.Steps, "steps", FormattableString.Invariant($"loss {smooth:0.000}")));
            if (trainer.Step % StepsBetweenStates == 0 && trainer.Step < trainer.Steps) folder.Write(state, trainer.Save);
        }
        TransformersFolder.Save(trainer.Model, folder.PathOf(written), loaded.TokenizerFiles, dtype: null, replace: true);
        IModel stored = LoadedModel.Load(folder.PathOf(written), precision).Model;
        folder.WriteJson(FileOf(arm), new HealedArm(StoredModel.Made(stored) with { File = arm.Into }, measure(stored)));
        if (arm.Into is null) Directory.Delete(folder.PathOf(written), recursive: true);
        else folder.WriteText(HolderOf(arm), arm.Key);
        File.Delete(folder.PathOf(state));
    });

    /// <summary>Forgets a training whose folder holds another one's model by now, so that it is done again.</summary>
    public void Renew(HealingArm arm)
    {
        if (arm.Into is null || !folder.Has(FileOf(arm))) return;
        string holder = folder.PathOf(HolderOf(arm));
        if (!File.Exists(holder) || File.ReadAllText(holder) != arm.Key) File.Delete(folder.PathOf(FileOf(arm)));
    }

    // says which training's model stands in a folder of the run
    static string HolderOf(HealingArm arm) => $"heal/{arm.Into}.txt";
}
