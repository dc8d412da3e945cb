using Heartwood.Lab.Exports.Transformers;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Tasks;
using Heartwood.Lab.Training;
using Heartwood.Lab.Training.Objectives;

namespace Heartwood.Lab.Studies;

/// <summary>How cuts are trained: all on the same examples in the same order, with the full model as teacher where the loss asks.</summary>
/// <param name="Examples">what they are trained on</param>
/// <param name="Options">how</param>
/// <param name="Problem">what is asked</param>
/// <param name="Loss">what is made small</param>
/// <param name="Full">the full model, the teacher of a loss that compares with one</param>
sealed record HealingPlan(
    IReadOnlyList<Example> Examples, TrainingOptions Options, IProblem Problem, IObjective Loss, IModel Full);

/// <summary>
/// Trains models of one run by one plan, each a job of the run: its state is kept in <c>heal/NAME.safetensors</c> until it is done, so that
/// a run that is stopped goes on with the same bits, and <c>heal/NAME.json</c> says that it is.
/// </summary>
/// <param name="folder">the run</param>
/// <param name="plan">how they are trained</param>
/// <param name="tokenizer">the tokenizer's files, to be written next to the weights</param>
/// <param name="progress">hears of every step</param>
/// <param name="stop">ends the work</param>
sealed class Healer(
    RunFolder folder, HealingPlan plan, IReadOnlyDictionary<string, byte[]> tokenizer, IProgress<Progress> progress, CancellationToken stop)
{
    const int StepsBetweenStates = 50;

    /// <summary>The job that heals one model and writes it, in the dtypes of its source.</summary>
    /// <param name="name">its name in the run</param>
    /// <param name="start">the model as it is before</param>
    /// <param name="into">the folder that is written, in the run; one that stands there is replaced</param>
    /// <param name="inWords">what is healed: "the cut"</param>
    public Job Healing(string name, Func<IModel> start, string into, string inWords) => new($"heal/{name}.json", () =>
    {
        string state = $"heal/{name}.safetensors";
        Trainer trainer = new(start(), plan.Examples, plan.Options, plan.Problem, plan.Loss, plan.Loss.NeedsReference ? plan.Full : null);
        if (folder.Has(state)) trainer.Restore(folder.PathOf(state));
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
            string note = FormattableString.Invariant($"loss {smooth:0.000}");
            progress.Report(new($"healing {inWords}", line.Step, trainer.Steps, "steps", note));
            if (trainer.Step % StepsBetweenStates == 0 && trainer.Step < trainer.Steps) folder.Write(state, trainer.Save);
        }
        TransformersFolder.Save(trainer.Model, folder.PathOf(into), tokenizer, dtype: null, replace: true);
        folder.WriteJson($"heal/{name}.json", new Done(trainer.Steps, plan.Loss.Name, into));
        File.Delete(folder.PathOf(state));
    });

    /// <summary>What is kept of a model that was healed.</summary>
    /// <param name="Steps">for how many steps</param>
    /// <param name="Loss">on what</param>
    /// <param name="Folder">where it is written, in the run</param>
    sealed record Done(int Steps, string Loss, string Folder);
}
